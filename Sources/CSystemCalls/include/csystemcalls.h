#pragma once
// Calls that Swift's Glibc module leaves out, because they sit behind _GNU_SOURCE or in headers it does not map.
#include <poll.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// Position of needle in haystack, or -1.
long csystem_find(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
/// accept4 with SOCK_CLOEXEC.
int csystem_accept(int listener);
/// Gives freed heap pages back to the kernel.
void csystem_trim_heap(void);
/// pipe2 with O_CLOEXEC.
int csystem_pipe(int ends[2]);
/// A spawned process keeps no descriptor from this number on.
int csystem_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
/// The flag that starts a spawned process in a session of its own.
int csystem_spawn_new_session(void);
