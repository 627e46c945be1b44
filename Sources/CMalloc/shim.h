// SPDX-License-Identifier: Apache-2.0
// glibc's own part of malloc(3), which Swift's module of glibc leaves out: mallopt(3), malloc_trim(3).
#pragma once
#include <malloc.h>
