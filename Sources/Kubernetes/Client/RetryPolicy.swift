// SPDX-License-Identifier: Apache-2.0

internal import Transport

/// Whether a request is sent again, and after how long. Pure.
///
/// Only what is over soon is waited for here: an answer of 429 or 5xx, a connection that is refused or breaks. What
/// lasts longer than `patience` is thrown, with the server's Retry-After, and is for the caller's own backoff. Loops
/// that ask again anyway (lists, watches, probes, the look at whether the server answers) use `never`.
struct RetryPolicy: Sendable, Equatable {
    /// What sending a request twice may do.
    enum Effect: Sendable, Equatable {
        /// Nothing: a read, or a dry run.
        case none
        /// The same as sending it once: server-side apply.
        case idempotent
        /// Something else: sent again only where the server certainly did not carry it out.
        case once

        init(of request: HTTPRequest) {
            if request.method == "GET" || request.method == "HEAD" || request.url.contains("dryRun=All") {
                self = .none
            } else if request.method == "PATCH", request.headers["Content-Type"] == RequestBuilder.Patch.apply.rawValue
            {
                self = .idempotent
            } else {
                self = .once
            }
        }
    }

    static let standard = RetryPolicy(patience: .seconds(10), attempts: 6)
    static let never = RetryPolicy(patience: .zero, attempts: 1)

    /// The longest time from the first try to the beginning of the last.
    var patience: Duration
    var attempts: Int

    private static let first = Duration.milliseconds(800)
    private static let limit = Duration.seconds(30)
    /// A connection that breaks tells nothing of the server, and a new one is at hand: the first time it is tried at once.
    /// Where a server ends an HTTP/2 connection in good order (GOAWAY), libcurl 7.88 fails what it was about to send there.
    private static let anew = Duration.milliseconds(20)

    /// How long to wait before the next try; nil where there is none.
    ///
    /// - Parameters:
    ///   - tries: how many there were.
    ///   - spent: since the first began.
    ///   - random: from 0 up to 1.
    func wait(
        after error: KubernetesError, effect: Effect, tries: Int, spent: Duration, random: Double
    ) -> Duration? {
        guard tries < attempts, isWorthRepeating(error), effect != .once || !error.mayHaveBeenDone else { return nil }
        let isAnew = tries == 1 && error.isBrokenConnection
        let backoff = (isAnew ? Self.anew : min(Self.first * (1 << min(tries - 1, 10)), Self.limit)) * (1 + random)
        let wait = max(backoff, error.retryAfter ?? .zero)
        return spent + wait <= patience ? wait : nil
    }

    /// Refusals (400, 401, 403, 404, 409, 410, 413, 422) and wrong configuration stay what they are.
    private func isWorthRepeating(_ error: KubernetesError) -> Bool {
        switch error.code {
        case .tooManyRequests, .unavailable, .serverError, .webhookFailed, .transport: error.isTransient
        default: false
        }
    }
}
