// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Synchronization

/// Who wrote what, as it was found: commits never change, and what waits asks at every turn.
final class AuthorCache: Sendable {
    struct Question: Hashable {
        var commit: String
        var base: String?
        var paths: [String]
    }

    /// As many as applications wait at once.
    private static let limit = 500

    private let answers = Mutex<[Question: [CommitAuthor]]>([:])

    subscript(question: Question) -> [CommitAuthor]? {
        get { answers.withLock { $0[question] } }
        set {
            answers.withLock { answers in
                if answers.count >= Self.limit { answers = [:] }
                answers[question] = newValue
            }
        }
    }
}
