#!/bin/sh
# The layers point one way: base <- kernels <- model <- server; each outside package has one home.
# deny DIR PATTERN [EXCEPT]: no include in DIR matches PATTERN, unless "file:line:text" matches EXCEPT.
cd "$(dirname "$0")/.." && bad=0
deny() {
  hits=$(grep -rnE "#[[:blank:]]*include[[:blank:]]*[\"<]($2)" "$1" | grep -vE "${3:-^$}") &&
    { echo "$hits"; echo "  ^ not allowed in $1"; bad=1; }
}
gpu='cuda|cublas'; srv='civetweb|sqlite3|lapacke|cblas'; cpu='oneapi/|dnnl'
deny model/base "kernels/|model/|server/|$gpu|$cpu|$srv|jansson|pcre2|openssl" '"model/base/'
deny kernels "model/|server/|$srv|jansson|pcre2|openssl" '"model/base/'
deny kernels "$gpu" '^kernels/cuda/[a-z0-9_]+\.cuh?:'
deny kernels "$cpu" '^kernels/cpu/matmul\.c:'
deny model "server/|$gpu|$cpu|$srv"
deny model pcre2 '^model/tok_split\.c:'
deny model openssl '^model/hash\.c:'
deny model jansson '^model/safetensors\.c:'
deny server "kernels/|$gpu|$cpu|pcre2|openssl"
deny server 'model/' '"model/(engine\.h|embed\.h|train/(trainer|optim|random)\.h|base/)'
deny server civetweb '^server/http/(http|write|gone)\.c:'
deny server 'lapacke|cblas' '^server/baselines/ease_matrix\.c:'
deny server sqlite3 '^server/store/'
deny server 'server/(api|rank|store|baselines|eval|metrics)/' '^server/(main\.c|cli|api|brew|rank|import|catalog|vectors|wish|store|baselines|eval|metrics)'
deny server 'utf8proc|libstemmer' '^server/value/'
deny server expat '^server/import/feed\.c:'
deny server iconv '^server/import/encoding\.c:'
deny server/value 'server/' '"server/value/'
deny server/store 'server/' '"server/(store|value)/'
deny server/import 'server/' '"server/(import|store|value)/'
deny server/catalog 'server/' '"server/(catalog|store|value)/'
deny server/vectors 'server/' '"server/(vectors|catalog|store|value)/'
deny server/wish 'server/' '"server/(wish|catalog|store|value)/'
deny server/metrics 'server/' '"server/metrics/'
deny server/rank 'server/(api|http|eval)/'
deny server/baselines 'server/(api|http|eval)/'
deny server/eval 'server/(api|http)/'
deny server/brew 'server/(api|http|cli)/'
exit $bad
