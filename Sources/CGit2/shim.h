// SPDX-License-Identifier: Apache-2.0
// Variadic calls that Swift cannot make, and the C structs that carry a Swift object through a smart subtransport.
#pragma once
#include <git2.h>
#include <git2/sys/transport.h>

static inline int ms_git_set_tree_cache_limit(size_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, bytes);
}

static inline int ms_git_set_cache_size(ssize_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes);
}

static inline int ms_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int ms_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int ms_git_set_fsync(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

/// `base` first: libgit2 hands back a pointer to it, which is a pointer to this.
typedef struct {
    git_smart_subtransport base;
    void *box;
} ms_git_subtransport;

typedef struct {
    git_smart_subtransport_stream base;
    void *box;
} ms_git_stream;
