// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Reconciler
internal import Synchronization

/// Receivers that are open or closed, and keep what they get.
final class CountingPost: NotificationSender {
    private struct State {
        var closed: Set<String> = []
        var got: [String: [OutgoingNotification]] = [:]
    }

    private let state = Mutex(State())

    func close(_ receiver: String) { state.withLock { _ = $0.closed.insert(receiver) } }
    func open(_ receiver: String) { state.withLock { _ = $0.closed.remove(receiver) } }
    func messages(_ receiver: String) -> [OutgoingNotification] { state.withLock { $0.got[receiver] ?? [] } }
    func got(_ receiver: String) -> [NotificationEvent] { messages(receiver).map(\.event) }
    func kinds(_ receiver: String) -> [NotificationKind] { got(receiver).map(\.kind) }

    func send(_ message: OutgoingNotification, to receiver: String) async -> DeliveryAnswer {
        state.withLock { state in
            guard !state.closed.contains(receiver) else {
                return .failed("down", hasArrived: false, retryAfter: nil)
            }
            state.got[receiver, default: []].append(message)
            return .delivered("ok")
        }
    }
}
