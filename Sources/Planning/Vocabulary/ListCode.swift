// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// Names exactly the items of a list, so that a person's word is for what they looked at and nothing else.
package enum ListCode {
    package static func of(_ items: [String]) -> String { FNV.tenDigits(items.map { "\($0)\n" }.joined()) }
}
