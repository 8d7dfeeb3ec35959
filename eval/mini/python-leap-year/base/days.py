"""Days between dates, (year, month, day) of the Gregorian calendar."""

MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year):
    return year % 4 == 0 and year % 400 != 0


def day_number(date):
    year, month, day = date
    n = sum(366 if is_leap(y) else 365 for y in range(1600, year))
    n += sum(MONTHS[: month - 1]) + day
    return n + 1 if month > 2 and is_leap(year) else n


def days_between(first, second):
    return abs(day_number(second) - day_number(first))
