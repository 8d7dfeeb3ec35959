"""How often words occur."""


def count(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def top(text, n):
    """The N most frequent words with their counts."""
    return sorted(count(text).items(), key=lambda item: item[1], reverse=True)[:n]
