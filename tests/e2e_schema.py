#!/usr/bin/python3
"""e2e_schema.py FILE -- does a results file keep the conventions?

Follows @default to the first plot, checks every NXdata group, link, dimension
scale and label with h5py, and opens every plot with xarray and netCDF4 where
they are installed.  Prints what is wrong; exit 1 if anything is.
"""
import importlib.util
import sys

import h5py

UNSCALED = ("/model", "/provenance", "/config", "/dataset")
wrong = []


def check(good, *text):
    if not good:
        wrong.append(" ".join(str(t) for t in text))


def follow_default(f):
    node = f
    while node.attrs.get("NX_class") != "NXdata":
        name = node.attrs.get("default")
        if not check_name(node, name):
            return None
        node = node[name]
    return node


def check_name(node, name):
    check(isinstance(name, str), node.name, "@default is no str:", repr(name))
    check(name in node, node.name, "@default points nowhere:", name)
    return isinstance(name, str) and name in node


def check_nxdata(group):
    signal, axes = group.attrs["signal"], list(group.attrs["axes"])
    check(signal in group, group.name, "@signal", signal, "is missing")
    for name in list(group.attrs.get("auxiliary_signals", [])):
        check(name in group, group.name, "auxiliary signal", name)
    shape = group[signal].shape
    for i, name in enumerate(axes):
        check(name in group, group.name, "axis", name, "is missing")
        want = shape[i] if len(axes) == len(shape) else shape[0]
        check(group[name].shape == (want,), group.name, "axis", name, "has shape",
              group[name].shape, "want", want)
    if "default_slice" in group.attrs:
        check(len(group.attrs["default_slice"]) == len(shape), group.name, "slice")


def check_map(group):
    check(0.1 <= group.attrs["dof"] <= 100, group.name, "@dof",
          group.attrs["dof"])
    for name in ("perplexity", "iterations", "learning_rate"):
        check(group.attrs[name] > 0, group.name, "@" + name, group.attrs[name])


def check_dataset(path, d):
    check("long_name" in d.attrs, path, "has no @long_name")
    numeric = d.dtype.kind in "fi"
    check(not numeric or "units" in d.attrs, path, "has no @units")
    if d.size * d.dtype.itemsize >= 16384 and numeric:
        check(d.compression == "gzip", path, "is not compressed")
    if path.startswith(UNSCALED) or h5py.h5ds.is_scale(d.id):
        return
    for i, dim in enumerate(d.dims):
        check(len(dim) == 1, path, "dimension", i, "has", len(dim), "scales")
        check(len(dim) != 1 or dim[0].shape == (d.shape[i],), path, "scale", i)


def check_tree(f):
    def visit(path, node):
        if isinstance(node, h5py.Dataset):
            check_dataset("/" + path, node)
        elif node.attrs.get("NX_class") == "NXdata":
            check_nxdata(node)
            if "final_kl" in node:
                check_map(node)
    f.visititems(visit)
    for name in f["entry"]:
        check(f["entry"].get(name) is not None, "/entry/" + name, "is dangling")


def check_others(path, groups):
    if importlib.util.find_spec("netCDF4"):
        import netCDF4
        with netCDF4.Dataset(path) as f:
            for name in groups:
                check(f[name].variables, "netCDF4 sees nothing in", name)
    if importlib.util.find_spec("xarray"):
        import xarray
        for name in groups:
            with xarray.open_dataset(path, group=name) as data:
                check(not any("phony" in str(d) for d in data.dims), "xarray:",
                      name, "has dimensions without names")
                data.load()


def main():
    with h5py.File(sys.argv[1], "r") as f:
        first = follow_default(f)
        first = first.name if first else "nothing"
        check_tree(f)
        groups = [n for n in f if f[n].attrs.get("NX_class") == "NXdata"]
    check_others(sys.argv[1], groups)
    for line in wrong:
        print(line)
    print(f"opens on {first};", len(wrong), "wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
