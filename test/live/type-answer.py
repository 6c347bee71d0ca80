"""type-answer.py KEYS PROMPT COMMAND…: runs a command in a terminal, and types when it asks. Ends with its exit code."""

import os
import pty
import sys

keys, prompt, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)

shown = b""
typed = False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break  # The other end is closed.
    if not part:
        break
    shown += part
    if not typed and prompt.encode() in shown:
        typed = True
        os.write(terminal, keys.encode())
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
