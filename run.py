"""Run causalkpi from a checkout, with nothing to install by hand first.

python run.py demo [options]       the embedded example, end to end
python run.py COMMAND [options]    any command of causalkpi, such as: run study.yaml
python run.py test [options]       the tests and doctests; options go to pytest
python run.py lint                 style and types
python run.py notebooks            every notebook executed and held against its script
python run.py wheel                the package built, installed elsewhere and used there
python run.py spark                Spark fetched into .venv (450 MB; Java 17 is needed), and its tests

The first run makes the folder .venv from the locked requirements, which takes a minute or two;
later runs start at once. Python 3.11, 3.12 or 3.13 is needed.
"""

# Standard library only. This file must also parse on old Pythons, Python 2 included, so that they
# are refused in words: no f-strings, no annotations.

import errno
import hashlib
import json
import os
import subprocess
import sys

MINORS = (13, 12, 11)  # of Python 3; the first that is found takes over from an unsuitable one
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(["Scripts", "python.exe"] if os.name == "nt" else ["bin", "python"]))
STAMP = os.path.join(VENV, "complete.json")  # written last: without it .venv is not believed
CORE, DEV = "requirements.lock", "requirements-dev.lock"  # the second holds the first
PROJECT = "pyproject.toml"

CHECKS = {
    "test": ["-m pytest"],
    "lint": ["-m ruff check .", "-m ruff format --check .", "-m pyright"],
    "notebooks": ["-m pytest --override-ini=addopts= --nbmake notebooks", "tools/pairs.py"],
    "wheel": ["tools/wheel.py"],
    "spark": ["-m pip install --disable-pip-version-check --editable .[spark]", "-m pytest tests/test_warehouse.py"],
}

FAILURES = (  # what pip, venv or the system says, and what that means
    ("No space left", "The disk is full: .venv takes about 2 GB, and as much again on the way."),
    ("ensurepip", "This Python lacks its venv module (on Debian: apt install python3-venv)."),
    ("DO NOT MATCH THE HASHES", "A download differs from what the lock file promises; try again."),
    ("onnection", "The package index cannot be reached: check the network, or the proxy settings."),
    ("No matching distribution", "A package has no build for this system (Intel Macs have none)."),
)


class Failure(Exception):
    """The work cannot go on; the message says why."""


def say(text):
    """Write a progress line, apart from the output of the command itself."""
    sys.stderr.write("run.py: " + text + "\n")
    sys.stderr.flush()


def main(arguments):
    """Carry out one command and return its exit code."""
    if not (sys.version_info[0] == 3 and sys.version_info[1] in MINORS):
        return subprocess.call(suitable_python() + [os.path.abspath(__file__)] + arguments)
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(str(__doc__))
        return 0
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each start would take seconds more
    command, options = arguments[0], arguments[1:]
    if command not in CHECKS:
        prepare([CORE])
        return subprocess.call([PYTHON, "-m", "causalkpi"] + arguments)
    prepare([CORE, DEV])
    codes = []
    for check in CHECKS[command]:  # options go to the first; all are run, whatever the others found
        say("python " + " ".join([check] + options))
        codes.append(subprocess.call([PYTHON] + check.split() + options, cwd=ROOT))
        options = []
    return max(codes, key=abs)


def suitable_python():
    """Return the command of a Python that suits, where this one does not."""
    with open(os.devnull, "w") as nowhere:
        for minor in MINORS:
            for command in (["python3.%d" % minor], ["py", "-3.%d" % minor]):
                try:
                    test = command + ["-c", "import ensurepip, venv"]
                    if subprocess.call(test, stdout=nowhere, stderr=nowhere) == 0:
                        return command
                except OSError:
                    continue
    raise Failure(
        "causalkpi needs Python 3.11, 3.12 or 3.13. This is %d.%d, and none of those was found; "
        "install one (from python.org, or Debian and Ubuntu: apt install python3 python3-venv) "
        "and run it on this file." % sys.version_info[:2]
    )


def prepare(locks):
    """Make .venv hold what the lock files name, unless its stamp says that it does."""
    now = {"root": ROOT, "python": sys.version}
    now.update((name, digest(name)) for name in (CORE, DEV, PROJECT))
    wanted = dict((key, now[key]) for key in ["root", "python", PROJECT] + locks)
    stamp = read_stamp()
    if all(stamp.get(key) == wanted[key] for key in wanted):
        return
    if os.path.exists(STAMP):
        os.remove(STAMP)
    if not stamp or any(stamp[key] != now.get(key) for key in stamp if key != PROJECT):
        stamp = {}
        base = getattr(sys, "_base_executable", sys.executable)  # not .venv's own, which goes
        say("making .venv with Python " + sys.version.split()[0])
        step([base, "-m", "venv", "--clear", VENV])
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    say("installing the packages of %s, which takes a minute or two" % locks[-1])
    step(pip + ["--no-compile", "--require-hashes", "--only-binary", ":all:", "-r", locks[-1]])
    say("installing causalkpi itself")
    step(pip + ["--no-deps", "--no-build-isolation", "--editable", "."])
    say("compiling, so that later starts are quick")
    compile_all = [PYTHON, "-W", "ignore", "-m", "compileall", "-qq", "-j", "0", VENV]
    subprocess.call(compile_all, cwd=ROOT)  # templates among the files cannot be compiled: no harm
    stamp.update(wanted)
    with open(STAMP, "w") as file:
        json.dump(stamp, file, indent=1)


def digest(name):
    """Return the hash of a file of the checkout."""
    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def read_stamp():
    """Return what .venv was completed with; empty if it was not."""
    try:
        with open(STAMP) as file:
            return json.load(file) if os.path.exists(PYTHON) else {}
    except (OSError, ValueError):
        return {}


def step(command):
    """Run one step of the installation, showing only its latest line, and only on a terminal."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    output = []
    for line in process.stdout or ():
        output.append(line)
        show(line.strip())
    show("")
    if process.wait() != 0:
        said = "".join(output)
        reasons = [words for sign, words in FAILURES if sign in said][:1]
        raise Failure("\n".join(["that failed. Its last lines:", said[-2000:].rstrip()] + reasons))


def show(line):
    """Put a line where the last one stood, if somebody is looking."""
    if sys.stderr.isatty():
        sys.stderr.write(line[:78].ljust(78) + "\r")
        sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("interrupted; an environment left half-made is made anew by the next run.")
        sys.exit(130)
    except Failure as failure:
        say(str(failure))
    except EnvironmentError as error:
        say(FAILURES[0][1] if error.errno == errno.ENOSPC else str(error))
    sys.exit(2)
