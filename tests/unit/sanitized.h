/* Whether a test runs under a sanitizer, where each allocation and each byte costs many times as much.  What is tried many
   times is tried fewer times there: that it goes right is shown by the product's own build, that it goes right without
   touching what it must not by a part of the tries. */
#ifndef AID_TESTS_SANITIZED_H
#define AID_TESTS_SANITIZED_H

#ifdef __has_feature /* clang's way to say it */
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined SANITIZED && (defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Whether it is the one that looks for races: what is large and done by one thread shows it nothing, and is left to the
   others. */
#ifdef __SANITIZE_THREAD__
#define RACES 1
#else
#define RACES 0
#endif

#endif
