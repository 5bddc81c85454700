"""Run a program with a gateway of its own: ``atlas-shim run -- PROGRAM``.

State: the helper process owns the gateway and its socket. The program replaces the
command's process, so it gets signals and returns its own exit code. Nothing is left
behind when the last descendant ends.

Two rules: traffic to other hosts is unaffected. Only processes of the same user and of
root, and descendants of the program that dropped root's privileges, may use the gateway.

    cli/run.py > helper =forks=> the gateway behind its proxy
                 variables > the program, in place of the command

``helper`` opens the socket, restarts the gateway if it crashes, and ends with the last
of the program's descendants. ``proxy`` accepts connections: it terminates TLS for
Atlas's host and passes the connection to the gateway, and tunnels to all other hosts.
``peers`` identifies the processes that connect, ``certificates`` creates the
certificates, ``variables`` the program's environment, and ``folders`` its files.
``causes`` explains why a call was not translated. ``init`` stays the program's parent
if the command is process 1 of a container. Each Node and each Python of the run loads
``node.cjs`` or ``python_hook.txt``.
"""
