#!/usr/bin/env bash
# In: what pack.mjs made, on a machine with an NVIDIA GPU and Python with PyTorch, but without Node. Out: checks, then the table, under OUT.
# usage: bash test/bench/gpu/run.sh [check|bench|all] [NAME,NAME…]
set -euo pipefail
root="$(cd "$(dirname "$0")/../../.." && pwd)"
what="${1:-all}"
only="${2:-}"
work="${WORK:-$(mktemp -d)}"
out="${OUT:-$work/out}"
mkdir -p "$out"

python3 - "$root/.cache/gpu" "$work" <<'PY'
import lzma, os, shutil, sys, tarfile
packed, work = sys.argv[1:]
with lzma.open(os.path.join(packed, "node.xz")) as source, open(os.path.join(work, "node"), "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)
os.chmod(os.path.join(work, "node"), 0o755)
tarfile.open(os.path.join(packed, "app.tar.xz")).extractall(work)
PY
export PATH="$work:$PATH" GRADLAB_CACHE="$work/cache"
cd "$work"
node --version
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true

status=0
if [ "$what" != bench ]; then
  shards=8
  running=()
  for ((shard = 0; shard < shards; shard++)); do
    timeout 300 node dist/test/bench/gpu/check.js --shard "$shard/$shards" >"$work/check-$shard.log" 2>&1 &
    running+=($!)
  done
  for process in "${running[@]}"; do wait "$process" || status=1; done
  cat "$work"/check-*.log >"$out/check.log"
  grep "✗" "$out/check.log" | head -40 || true
  tail -qn 1 "$work"/check-*.log
  grep "^cuda" "$work/check-0.log" || true
fi
if [ "$what" != check ]; then
  node dist/test/bench/gpu/measure.js --profile ${only:+--only "$only"} >"$out/ours.jsonl" 2> >(tee "$out/profile.log" >&2) || status=1
  python3 "$root/test/bench/gpu/peer.py" $only >"$out/peer.jsonl" || status=1
  node dist/test/bench/gpu/table.js "$out/ours.jsonl" "$out/peer.jsonl" | tee "$out/table.txt"
fi
exit $status
