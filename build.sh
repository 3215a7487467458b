#!/usr/bin/env bash
# Brings a fresh machine to the point where build.cake can run, then hands over to it.
#   ./build.sh --target=Demo     build everything, make the demo's pictures
#   ./build.sh --target=Test     build everything, run all tests
# Further targets: Native, Build, Check, Format, Tidy, Sanitize, Bench, Pack (see build.cake).
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
cd -- "$root"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
[[ -t 1 ]] || export NO_COLOR=1

fail()
{
    printf 'build.sh: %s\n' "$@" >&2
    exit 1
}

# The value of --target=X, --target X, -t X; empty where none is given.
target_of()
{
    local previous=
    for argument in "$@"; do
        case $previous in --target | -target | -t) printf '%s' "${argument,,}"; return ;; esac
        case $argument in --target=* | -target=* | -t=*) printf '%s' "${argument#*=}" | tr '[:upper:]' '[:lower:]'; return ;; esac
        previous=$argument
    done
}

require_dotnet()
{
    if ! command -v dotnet > /dev/null && [[ -x $HOME/.dotnet/dotnet ]]; then
        export DOTNET_ROOT=$HOME/.dotnet PATH=$HOME/.dotnet:$PATH
    fi
    command -v dotnet > /dev/null || fail \
        'the .NET SDK 10 is needed, and there is no dotnet on the PATH.' \
        'Install it from https://dotnet.microsoft.com/download/dotnet/10.0 (or apt-get install dotnet-sdk-10.0) and run this again.'
    local sdks
    sdks=$(dotnet --list-sdks)
    grep -qE '^(1[0-9]|[2-9][0-9])\.' <<< "$sdks" || fail \
        'the .NET SDK 10 or later is needed; this machine has:' \
        "${sdks:-no SDK at all, only a runtime}" \
        'Install it from https://dotnet.microsoft.com/download/dotnet/10.0 (or apt-get install dotnet-sdk-10.0) and run this again.'
}

# Debian's names of what is missing for the given target, one a line.
missing_packages()
{
    command -v cmake > /dev/null || echo cmake
    command -v g++ > /dev/null || echo g++
    command -v ninja > /dev/null || command -v make > /dev/null || echo make
    [[ -e /usr/include/oneapi/dnnl/dnnl.h || -e /usr/local/include/oneapi/dnnl/dnnl.h || -n ${DNNLROOT:-} || -n ${dnnl_DIR:-} ]] || echo libdnnl-dev
    case $1 in
        check | format) command -v clang-format > /dev/null || echo clang-format ;;
        tidy) command -v clang-tidy > /dev/null || echo clang-tidy ;;
    esac
}

install_packages()
{
    local packages=("$@") as_root=()
    command -v apt-get > /dev/null || fail \
        "these are missing, named as Debian names them: ${packages[*]}" \
        'There is no apt-get here, so please install them by your own means (libdnnl-dev is oneDNN with its headers) and run this again.'
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo > /dev/null && sudo -n true 2> /dev/null || fail \
            "these packages are missing: ${packages[*]}" \
            'Installing needs root and sudo would ask for a password. Please run' \
            "    sudo apt-get update && sudo apt-get install ${packages[*]}" \
            'and then this again.'
        as_root=(sudo -n)
    fi
    echo "build.sh: installing ${packages[*]}"
    "${as_root[@]}" apt-get update -qq || fail "apt-get update failed, so these could not be installed: ${packages[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null || fail \
        "apt-get could not install: ${packages[*]}"
}

require_dotnet
mapfile -t packages < <(missing_packages "$(target_of "$@")")
[[ ${#packages[@]} -eq 0 ]] || install_packages "${packages[@]}"
# Says nothing and needs no network where the tool is already in the package folder.
tools=$(dotnet tool restore 2>&1) || fail 'the build tool (Cake) could not be restored:' "$tools"
# Cake keeps its own files, and the compiled script, out of the tree.
export CAKE_PATHS_TOOLS=$root/artifacts/cake CAKE_PATHS_CACHE=$root/artifacts/cake CAKE_SETTINGS_ENABLESCRIPTCACHE=true
exec dotnet cake build.cake "$@"
