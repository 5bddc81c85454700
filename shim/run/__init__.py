"""Any program by one command: a gateway for the life of the program, and variables that lead its calls there.

    cli/run.py > helper =forks=> the gateway and the proxy
                 variables > the program, in place of the command

``helper`` is the process beside the program: it opens the sockets, starts the gateway again if it dies, and ends with
the last of the program's children. ``proxy`` answers CONNECT: it ends TLS for Atlas' host and hands the connection to
the gateway, and tunnels every other host untouched. ``certificates`` makes what ends TLS, ``variables`` what the
program is told, ``peers`` finds out who calls. ``node.cjs`` and ``python_hook.txt`` are for programs that read no
proxy.
"""
