"""The inside of one side of a benchmark: for each line that comes in one round, answered by one line of JSON."""

import json
import sys


def serve_rounds(work):
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)
