// SPDX-License-Identifier: Apache-2.0

import Planning
import Reconciler
import Synchronization

/// A registry by script: `registry.example.com`, with the images that a test pushed.
final class FakeRegistry: ImageRegistry, Sendable {
    struct Question: Sendable {
        var image: String
        var users: [String]
    }

    private struct State {
        var images: Set<String> = []
        var trouble: ImageAnswer?
        var questions: [Question] = []
    }

    private let state = Mutex(State())

    var questions: [Question] { state.withLock(\.questions) }

    func push(_ image: String) { state.withLock { _ = $0.images.insert(image) } }
    func lose(_ image: String) { state.withLock { _ = $0.images.remove(image) } }

    /// What it answers in place of what is so; nil ends it.
    func setTrouble(_ answer: ImageAnswer?) { state.withLock { $0.trouble = answer } }

    func mayAsk(_ host: String) -> Bool { host == "registry.example.com" }

    func look(for image: RegistryImage, with credentials: [PullCredential]) async -> ImageAnswer {
        state.withLock { state in
            state.questions.append(Question(image: image.description, users: credentials.map(\.username)))
            return state.trouble ?? (state.images.contains(image.description) ? .isThere : .isMissing)
        }
    }
}
