"""Runs programs that nobody has read on tests, and says whether they pass (``pool``).

A check is two processes, forked from a warm one (``server``) and gone when it ends. One executes the
program (``program``) and knows no test. The other runs the tests (``judge``), has never executed a line
of the program, and calls it over a socket on which plain values travel (``wire``): values that are
compared where the program cannot reach, and a result that only the other process can write. So a
program passes by returning what the tests expect, and by nothing else; what it prints, patches, raises,
registers or kills in its own process makes no difference.

Guarded against, with namespaces (Linux 5.12 or later that lets users make them): endless loops and
sleep (processor time, and a limit on the clock), memory and output bombs, processes, threads and
programs (refused by a system call filter), signals to anybody, the network, files (it sees the
interpreter and the system's libraries, read-only, and 16 MB of its own), the environment, descriptors,
other processes.

Guarded against, by the filter alone, where namespaces are not allowed: the same, but files are open for
reading as they are to you, and nothing can be written anywhere. A warning says so. Without the filter
(other systems, other processors than x86-64 and arm64) nothing is run: every verdict is undecided.

Not guarded against: flaws of the kernel; a program that looks at the arguments of calls and returns
what it remembers of a published test set; objects of the program's own classes compared with one
another, which the program decides; tests that accept anything. Tests are confined as programs are,
and believed.

Not covered, and so counted wrong or undecided: programs that need threads, processes, standard input or
the network; tests that hand over objects of classes of their own.
"""
