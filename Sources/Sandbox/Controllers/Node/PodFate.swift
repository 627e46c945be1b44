// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What becomes of a container: words in its image's tag decide, and may be combined (`slow-crash`).
struct PodFate: OptionSet {
    let rawValue: Int

    /// `missing`: the image cannot be pulled.
    static let missing = PodFate(rawValue: 1)
    /// `crash`: runs briefly, then exits with 1.
    static let crash = PodFate(rawValue: 2)
    /// `slow`: the pull takes long.
    static let slow = PodFate(rawValue: 4)
    /// `unready`: runs and never gets ready; in a Job, never ends.
    static let unready = PodFate(rawValue: 8)
    /// `fail`: exits with 1, as `crash`; the word for Jobs.
    static let fail = PodFate(rawValue: 16)

    init(rawValue: Int) { self.rawValue = rawValue }

    init(image: String) {
        let words: [(String, PodFate)] = [
            ("missing", .missing), ("crash", .crash), ("slow", .slow), ("unready", .unready), ("fail", .fail),
        ]
        let tag = Self.tag(of: image)
        self = words.reduce(into: []) { fate, word in
            if tag.contains(word.0) { fate.insert(word.1) }
        }
    }

    /// The text between the last colon of the name and a digest; a registry's port is no tag.
    private static func tag(of image: String) -> Substring {
        let name = image.prefix { $0 != "@" }
        let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? name
        guard let colon = last.firstIndex(of: ":") else { return "" }
        return last[last.index(after: colon)...]
    }

    var exitCode: Int { isDisjoint(with: [.crash, .fail]) ? 0 : 1 }
}
