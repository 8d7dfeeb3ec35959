def fix_all (name):
    tree = read (name)
    new = fix (tree)
    check (new)
    write (new, name)
