// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What becomes of a container: words in its image's tag decide, or in an annotation of its pod, and may be combined
/// (`slow-crash`).
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

    init(image: String) { self.init(words: Self.tag(of: image)) }

    /// On a pod: the same words, for all of its containers.
    static let annotation = "sandbox.mainstay.dev/fate"

    init(pod: Object) { self.init(words: Substring(pod.annotations[Self.annotation]?.string ?? "")) }

    private init(words text: Substring) {
        let words: [(String, PodFate)] = [
            ("missing", .missing), ("crash", .crash), ("slow", .slow), ("unready", .unready), ("fail", .fail),
        ]
        self = words.reduce(into: []) { fate, word in
            if text.contains(word.0) { fate.insert(word.1) }
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
