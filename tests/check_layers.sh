#!/bin/sh
# Who may include whom: the rooms from the lowest to the highest, each with the rooms below that it uses, so that no two
# use each other, however far round; and each outside package with the one place that knows it. A room of server/, or
# kernels/base, that is named stands for the rooms inside it, too. (The host twin of kernels/cuda is a part of it.)
cd "$(dirname "$0")/.." && export LC_ALL=C
rooms='
kernels/base:
kernels/base/os: kernels/base
kernels: kernels/base
kernels/cpu: kernels/base kernels
kernels/cpu/grad: kernels/base kernels kernels/cpu
kernels/cpu/isa: kernels kernels/cpu
kernels/cuda/device: kernels/base kernels kernels/cuda/host
kernels/cuda/matmul: kernels/base kernels kernels/cuda/device
kernels/cuda/ops: kernels/base kernels kernels/cuda/device kernels/cuda/matmul
kernels/cuda: kernels/base kernels kernels/cuda/device kernels/cuda/matmul kernels/cuda/ops
kernels/cuda/host: kernels/base kernels/cuda/device kernels/cuda/matmul
model/format/gguf: kernels/base kernels
model/format: kernels/base kernels model/format/gguf
model/tokenizer: kernels/base model/format model/format/gguf
model/tokenizer/wordpiece: kernels/base model/tokenizer
model: kernels/base kernels model/format model/format/gguf
model/job: kernels/base
model/remote: kernels/base model/job
model/engine: kernels/base kernels model/format model/format/gguf model/tokenizer model model/remote model/job
model/embed: kernels/base kernels model/format model/format/gguf model/tokenizer/wordpiece
model/train: kernels/base kernels model/format model/format/gguf model/tokenizer model model/engine model/job
server/metrics: kernels/base
server/assets: kernels/base
server/value: kernels/base
server/store: kernels/base
server/store/sql: kernels/base server/store
server/store/search: kernels/base server/value server/store/sql
server/store/data: kernels/base server/store server/store/sql server/store/search
server/store/dump: kernels/base server/store server/store/sql
server/store/kept: kernels/base server/store server/store/sql
server/import: server/store
server/import/cell: kernels/base server/value
server/import/role: server/value server/import server/import/cell
server/import/file: kernels/base server/store
server/import/source: kernels/base server/value server/store server/import server/import/cell server/import/role server/import/file
server/import/columns: kernels/base server/value server/import/cell server/import/role server/import/source
server/import/rows: kernels/base server/store server/import server/import/cell server/import/file server/import/source server/import/columns
server/import/movielens: kernels/base server/value server/store server/import/source server/import/columns
server/catalog/fields: kernels/base server/value server/store
server/catalog: kernels/base server/catalog/fields
server/surface: kernels/base server/assets server/value server/store server/catalog
server/wish: kernels/base server/value server/catalog
server/wish/grammar: kernels/base server/value
server/wish/grammar/language: server/wish/grammar
server/wish/clauses: kernels/base server/value server/wish server/wish/grammar
server/wish/when: server/value server/wish/grammar
server/wish/limits: server/value server/catalog server/wish server/wish/grammar server/wish/when
server/wish/read: server/value server/wish/clauses server/wish/limits
server/task: kernels/base
server/vectors: kernels/base model model/engine model/embed server/value server/store server/task server/catalog
server/baselines/interactions: server/store
server/baselines: kernels/base server/wish server/baselines/interactions
server/baselines/each: kernels/base model model/engine model/embed server/vectors server/baselines/interactions server/baselines
server/readout/prompt: kernels/base model model/engine model/embed
server/readout/context: kernels/base model model/engine model/embed server/surface server/wish server/baselines server/readout/prompt
server/readout: server/value server/baselines server/readout/prompt server/readout/context
server/rank/request: kernels/base server/store server/wish server/readout
server/rank/tags: model model/engine model/embed server/catalog server/surface server/vectors
server/rank: kernels/base model model/engine model/embed server/metrics server/store server/surface server/wish server/vectors server/baselines server/readout server/rank/request server/rank/tags
server/rank/answer: kernels/base server/metrics server/readout server/rank
server/registry: kernels/base model model/engine model/embed server/store server/task server/catalog server/vectors server/rank
server/report/html: kernels/base
server/report/sheet: kernels/base server/metrics
server/report: kernels/base server/store server/report/html
server/eval: kernels/base model model/engine model/embed server/metrics server/import server/store server/catalog server/wish server/surface server/baselines server/readout server/rank server/registry server/report
server/eval/protocol: kernels/base server/store server/rank server/eval
server/eval/experiment: kernels/base server/store server/report server/eval
server/brew/tree: kernels/base model/train server/surface server/readout server/eval
server/brew: kernels/base server/assets model model/engine model/embed model/train server/metrics server/store server/catalog server/surface server/readout server/rank server/eval server/brew/tree
server/brew/export: kernels/base server/assets model/train server/store server/eval server/brew
server/brews: kernels/base server/store server/task server/registry server/brew
server/http: kernels/base
server/http/access: kernels/base server/http
server/http/edge: kernels/base server/http server/http/access
server/api/kit: kernels/base server/store server/catalog server/surface server/task server/vectors server/registry server/http
server/api/data: kernels/base server/store server/import server/catalog server/surface server/wish server/task server/http server/api/kit
server/api/models: server/store server/task server/registry server/brews server/api/kit
server/api/rank: kernels/base server/store server/wish server/task server/readout server/rank server/report server/eval server/api/kit
server/api/experiments: server/assets server/store server/task server/report server/eval server/api/kit
server/api/v1: model/embed server/store server/api/kit server/api/models
server/api: kernels/base server/assets server/store server/api/kit server/api/v1
server/cli: kernels/base model/engine model/embed server/assets server/store server/import server/registry
server/cli/command: kernels/base server/assets server/store server/task server/rank server/registry server/report server/eval server/brew server/brews server/api server/cli
server: server/cli
'
find kernels model server -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' -o -name '*.cpp' | sort |
  xargs awk -v rooms="$rooms" '
    function room(path) { sub("/[^/]*$", "", path); return path }
    BEGIN {
      n = split(rooms, line, "\n")
      for (i = 1; i <= n; i++) {
        if (split(line[i], part, ":") < 2) continue
        known[part[1]] = 1
        m = split(part[2], to, " ")
        for (k = 1; k <= m; k++) {
          may[part[1], to[k]] = 1
          if (to[k] in known || part[1] ~ "^kernels/cuda") continue
          print part[1] " stands before " to[k] ", which it uses"; bad = 1
        }
      }
    }
    FNR == 1 { from = room(FILENAME); if (!(from in known)) { print FILENAME ": this room is not in the table"; bad = 1 } }
    match($0, /^[ \t]*#[ \t]*include[ \t]+"(kernels|model|server)\/[^"]*"/) {
      split($0, q, "\""); to_room = room(q[2])
      if (to_room == from || (from, to_room) in may) next
      if (match(to_room, "^server/[a-z]+/|^kernels/base/")) {
        house = substr(to_room, 1, RLENGTH - 1)
        if ((from, house) in may && index(from "/", house "/") != 1) next
      }
      print FILENAME ":" FNR ": " from " may not include " q[2]; bad = 1
    }
    END { exit bad }' || bad=1

# keep PACKAGE HOME: headers that match are included in files that match and nowhere else.
keep() {
  hits=$(grep -rnE "#[[:blank:]]*include[[:blank:]]*[\"<]($1)" kernels model server | grep -vE "$2") &&
    { echo "$hits"; echo "  ^ only $2 includes $1"; bad=1; }
}
keep 'cuda|cublas' '^kernels/cuda/'
keep 'oneapi/|dnnl' '^kernels/cpu/matmul\.c:'
keep pcre2 '^model/tokenizer/tok_split\.c:'
keep openssl '^model/format/hash\.c:|^server/http/'
keep jansson '^model/format/safetensors\.c:|^model/remote/|^server/'
keep curl '^model/remote/wire\.c:'
keep civetweb '^server/http/edge/civetweb\.c:'
keep 'lapacke|cblas' '^server/baselines/interactions/ease_matrix\.c:'
keep sqlite3 '^server/store/'
keep 'utf8proc|libstemmer' '^server/value/'
keep expat '^server/import/source/feed\.c:'
keep iconv '^server/import/file/encoding\.c:'
exit ${bad:-0}
