"""Programs that want to pass without being right, or to do harm. Asked for is ``f``, the square."""

TESTS = "assert f(2) == 4\nassert f(3) == 9\nassert f(-4) == 16\n"
RIGHT = "def f(x):\n    return x * x\n"
WRONG = "def f(x):\n    return 0\n"

# Tricks within the interpreter: none changes what the tests, elsewhere, see.
TRICKS = {
    "ends early": "import os\nos._exit(0)",
    "ends when called": "import os\ndef f(x):\n    os._exit(0)",
    "exits before the tests": "import sys\nsys.exit(0)",
    "exits when called": "import sys\ndef f(x):\n    sys.exit(0)",
    "prints a success": "print('ok')\nprint('3 passed')\n" + WRONG,
    "patches assert": "import builtins\nbuiltins.AssertionError = ArithmeticError\n"
    "class Never(BaseException): pass\nbuiltins.AssertionError = Never\n" + WRONG,
    "patches builtins": "import builtins\nfor n in ('abs', 'len', 'isinstance', 'compile', 'exec'):\n"
    "    setattr(builtins, n, lambda *a, **k: True)\n" + WRONG,
    "defines what tests use": "def abs(x): return 0\nTrue_ = 1\n"
    "def isinstance(*a): return True\n" + WRONG,
    "equals everything": "class E:\n    def __eq__(s, o): return True\n    __hash__ = None\n"
    "    def __bool__(s): return True\ndef f(x): return E()",
    "a number that equals everything": "class E(int):\n    def __eq__(s, o): return True\n"
    "    __hash__ = int.__hash__\ndef f(x): return E(7)",
    "a list that equals everything": "class E(list):\n    def __eq__(s, o): return True\n"
    "def f(x): return E()",
    "compares from the right": "class E:\n    def __req__(s, o): return True\n"
    "    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n"
    "    def __lt__(s, o): return True\n    __le__ = __gt__ = __ge__ = __lt__\ndef f(x): return E()",
    "raises what tests raise": "def f(x):\n    raise AssertionError",
    "raises at exit": "import atexit, os\natexit.register(os._exit, 0)\n" + WRONG,
    "traces": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\n" + WRONG,
    "patches unittest": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n" + WRONG,
    "patches its own server": "import errata_code.sandbox.program as p\n"
    "import errata_code.sandbox.judge as j\n"
    "j.judged = lambda *a: {'outcome': 'right', 'reason': ''}\n"
    "p.Program._tell = lambda s, m: None\n" + WRONG,
    "reads the tests": "import gc, sys\ndef f(x):\n    wanted = ' '.join(('assert', 'f'))\n"
    "    for o in gc.get_objects():\n"
    "        if type(o) is dict:\n"
    "            for v in list(o.values()):\n"
    "                if type(v) is str and v is not wanted and wanted in v: return x * x\n"
    "    frame = sys._getframe().f_back\n"
    "    while frame:\n"
    "        if wanted in repr(frame.f_locals): return x * x\n"
    "        frame = frame.f_back\n"
    "    return 0",
    "writes results everywhere": "import os, json, struct\n"
    "for m in ({'outcome': 'right', 'reason': '', 'detail': ''}, ['value', True, []], ['ready']):\n"
    "    b = json.dumps(m).encode()\n"
    "    for fd in range(64):\n"
    "        try: os.write(fd, struct.pack('=I', len(b)) + b)\n"
    "        except OSError: pass\n" + WRONG,
    "speaks the protocol": "import os, json, struct\ndef say(m):\n"
    "    b = json.dumps(m).encode(); os.write(3, struct.pack('=I', len(b)) + b)\n"
    "say(['ready'])\nsay({'f': ['h', 0], 'assert': True})\n"
    "while True:\n    os.read(3, 65536)\n    say(['value', True, []])",
    "answers with a function of the tests": "import os, json, struct\ndef say(m):\n"
    "    b = json.dumps(m).encode(); os.write(3, struct.pack('=I', len(b)) + b)\n"
    "say(['ready'])\nsay({'f': ['n', 'print']})\nsay(['value', ['k', 0], []])\nos.read(3, 9999)",
    "names of modules": "import operator as f\n",
    "closes the channel": "import os\nos.closerange(0, 64)\n" + WRONG,
    "a value too deep": "def f(x):\n    v = []\n    for _ in range(10**5): v = [v]\n    return v",
    "a value that holds itself": "def f(x):\n    v = []\n    v.append(v)\n    return v",
    "a value too large": "def f(x):\n    return list(range(3 * 10**6))",
    "a number too large": "def f(x):\n    return 1 << 10**7",
    "no names at all": "raise BaseException",
    "not Python": "def f(x) return x * x",
    "null": "\0" + RIGHT,
}  # fmt: skip

# What touches the system: tried with namespaces and with the filter alone.
ATTACKS = {
    "fork bomb": "import os\nwhile True: os.fork()",
    "fork by number": "import ctypes\nl = ctypes.CDLL(None)\n"
    "assert any(l.syscall(n, 17, 0, 0, 0, 0) >= 0 for n in (56, 57, 58, 435, 0x40000039))",
    "processes": "import subprocess\nsubprocess.run(['sh', '-c', 'true'])",
    "threads": "import threading, time\n"
    "for _ in range(10**5): threading.Thread(target=time.sleep, args=(99,)).start()",
    "replaces itself": "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'pass'])",
    "memory bomb": "x = [0] * 10**10",
    "memory bit by bit": "x = []\nwhile True: x.append(' ' * 10**6)",
    "kills the parent": "import os\nos.kill(os.getppid(), 9)",
    "kills everybody": "import os\nos.kill(-1, 9)",
    "kills its group": "import os\nos.killpg(0, 9)",
    "kills by number": "import ctypes, os\nl = ctypes.CDLL(None)\n"
    "assert any(l.syscall(n, os.getppid(), 9, 9) == 0 for n in (62, 200, 129, 424))",
    "limits of others": "import os, resource\n"
    "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "another session": "import os\nos.setsid()",
    "network": "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)",
    "network by number": "import ctypes\nassert ctypes.CDLL(None).syscall(41, 2, 1, 0) >= 0",
    "traces the parent": "import ctypes, os\n"
    "assert ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0",
    "namespaces": "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "mounts": "import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None) == 0",
    "users": "import os\nos.setuid(0); os.setgroups([0]); open('/etc/shadow')",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**8)\ndef f(x): return f(x)\nf(1)",
    "a crash": "import ctypes\nctypes.string_at(0)",
}  # fmt: skip

# What does not end by itself; each takes its time.
ENDLESS = {
    "loop": "while True: pass",
    "loop when called": "def f(x):\n    while True: pass",
    "catches the warning": "import signal\nsignal.signal(signal.SIGXCPU, lambda *a: None)\n"
    "while True: pass",
    "catches everything": "def f(x):\n    while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass",
    "output without end": "while True: print('x' * 10**6)",
    "numbers without end": "import itertools\ndef f(x): return itertools.count()",
}  # fmt: skip
