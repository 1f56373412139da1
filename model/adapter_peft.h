/* Adapters in the form of Hugging Face's PEFT: a folder with adapter_config.json and
 * adapter_model.safetensors, whose tensors are called
 * base_model.model.model.layers.N.self_attn.q_proj.lora_A.weight and so on. A third file beside
 * them, taproom.json, says what it was trained for: {"readout", "gain", "beta"}. */
#ifndef ADAPTER_ADAPTER_PEFT_H
#define ADAPTER_ADAPTER_PEFT_H

#include "model/adapter.h"

/* See adapter_read. */
enum status adapter_read_peft(struct adapter *ad, const char *folder, const struct gguf *base,
                              struct err *e) MUST_CHECK;

#endif
