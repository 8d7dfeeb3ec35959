let () =
  let t = List.fold_left (fun t w -> Trie.add w t) Trie.empty [ "car"; "cart"; "care"; "dog"; "" ] in
  assert (Trie.with_prefix "car" t = [ "car"; "care"; "cart" ]);
  assert (Trie.with_prefix "cat" t = []);
  assert (Trie.with_prefix "" t = [ ""; "car"; "care"; "cart"; "dog" ]);
  assert (Trie.with_prefix "dog" t = [ "dog" ])
