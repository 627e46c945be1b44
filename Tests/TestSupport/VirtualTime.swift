// SPDX-License-Identifier: Apache-2.0

// What tests of pure modules run on is what simulations run on.
@_exported public import VirtualTime
