/**
 * A pseudo-terminal with a program in it: what arrives on the standard input is typed, what the program shows comes out of
 * the standard output, and the exit code is the program's. In Python, whose standard library has one, so that nobody
 * has to compile an addon. Arguments: columns, rows, command.
 */
export const ptyBridge = `
import fcntl, os, pty, select, struct, sys, termios

columns, rows, *command = sys.argv[1:]
program, terminal = pty.fork()
if program == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
    os.execvp(command[0], command)

sources = [terminal, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)
    if 0 in ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(terminal, typed)
        else:
            sources.remove(0)

code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`;
