// SPDX-License-Identifier: Apache-2.0

package import Manifests
internal import Transport

/// Where a watch begins.
package enum WatchStart: Sendable, Hashable {
    case after(resourceVersion: String)
    /// With all there is, each as `added`, then `synced`, then what changes: a list that needs no list (KEP-3157).
    /// Not older than the version; empty for the newest. A server that does not know it answers `invalid`.
    case everything(notOlderThan: String)
}

package enum WatchEvent: Sendable {
    /// The server has accepted the watch: what is known is current again.
    case opened
    case added(Object)
    case modified(Object)
    case deleted(Object)
    /// Nothing changed up to here: where to go on, should the watch end.
    case bookmark(resourceVersion: String)
    /// All there was has been told: the list's resource version.
    case synced(resourceVersion: String)
}

extension KubernetesClient {
    /// Changes from a resource version on. Nothing is asked before the first event is; ending the iteration, or the
    /// task that iterates, ends the request.
    ///
    /// It ends by itself after five to six minutes, or when the connection falls silent: watch on from the last
    /// resource version seen. It throws a `KubernetesError` otherwise; `expired` means: list again. A DELETED event
    /// of a selector watch may only mean that the labels changed.
    package func watch(
        _ resource: APIResource, namespace: String?, labelSelector: String?, from start: WatchStart
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        let reader = WatchReader(
            subject: subject("watch", resource, namespace: namespace, name: nil),
            open: { (subject) async throws(KubernetesError) in
                let path = try RequestBuilder.path(resource, namespace: namespace, subject: subject)
                let request = self.watchRequest(path, labelSelector: labelSelector, start)
                return try await self.open(request, subject: subject).body
            })
        return AsyncThrowingStream { try await reader.next() }
    }

    private func watchRequest(_ path: String, labelSelector: String?, _ start: WatchStart) -> HTTPRequest {
        var query = RequestBuilder.Query()
        query.add("watch", "true")
        query.add("allowWatchBookmarks", "true")
        let version: String
        switch start {
        case .after(let resourceVersion):
            version = resourceVersion
            query.add("resourceVersion", version)
        case .everything(let notOlderThan):
            version = notOlderThan
            query.add("sendInitialEvents", "true")
            query.add("resourceVersionMatch", "NotOlderThan")
            query.add("resourceVersion", version)
        }
        query.add("labelSelector", labelSelector)
        // Spread by what is watched and from where, so that watches begun together do not end together.
        let seconds = 300 + Int64(FNV.hash(path + version) % 60)
        query.add("timeoutSeconds", String(seconds))
        var request = builder.request("GET", path, query: query)
        // A server that forgets to end it is not waited for.
        request.deadlines.total = .seconds(seconds + 60)
        // Bookmarks come about once a minute; a peer that is silent for longer than two is taken to be gone.
        request.deadlines.silence = .seconds(150)
        // A connection of its own: a reader that falls behind holds the server up, and not 32 MiB of what it sent.
        request.isBulk = true
        return request
    }
}

/// Reads events out of the pieces of a watch's answer, one at a time and in the caller's task.
actor WatchReader {
    /// Larger than any object etcd takes (1.5 MiB), even written out with escapes.
    static let maximumLineBytes = 8 << 20

    private let subject: String
    private let open: @Sendable (String) async throws(KubernetesError) -> AsyncThrowingStream<[UInt8], any Error>
    private var iterator: AsyncThrowingStream<[UInt8], any Error>.Iterator?
    private var lines = LineSplitter(limit: WatchReader.maximumLineBytes)
    private var isFinished = false
    private var hasOpened = false

    init(
        subject: String,
        open: @escaping @Sendable (String) async throws(KubernetesError) -> AsyncThrowingStream<[UInt8], any Error>
    ) {
        self.subject = subject
        self.open = open
    }

    func next() async throws(KubernetesError) -> WatchEvent? {
        guard !isFinished else { return nil }
        do throws(KubernetesError) {
            if !hasOpened, let body = try await body() {
                hasOpened = true
                iterator = body.makeAsyncIterator()
                return .opened
            }
            while true {
                if let line = try line() {
                    if let event = try event(line) { return event }
                } else if let piece = try await piece() {
                    lines.append(piece)
                } else {
                    finish()
                    return nil
                }
            }
        } catch {
            finish()
            throw error
        }
    }

    private func finish() {
        isFinished = true
        iterator = nil
        lines = LineSplitter(limit: 0)
    }

    private func line() throws(KubernetesError) -> [UInt8]? {
        do throws(LineSplitter.LineTooLong) {
            return try lines.next()
        } catch {
            throw KubernetesError(
                code: .tooLarge, subject: subject, message: "an event is larger than \(Self.maximumLineBytes) bytes")
        }
    }

    /// Nil where the task was cancelled.
    private func body() async throws(KubernetesError) -> AsyncThrowingStream<[UInt8], any Error>? {
        do throws(KubernetesError) {
            return try await open(subject)
        } catch let error where error.code == .cancelled {
            finish()
            return nil
        }
    }

    /// Nil at the end, for which a silent connection and a cancelled task count too.
    private func piece() async throws(KubernetesError) -> [UInt8]? {
        guard var pieces = iterator else { return nil }
        do {
            defer { if !isFinished { iterator = pieces } }
            return try await pieces.next(isolation: #isolation)
        } catch let error as KubernetesError {
            throw error
        } catch let error as TransportError {
            if error.code == .timeout || error.code == .cancelled { return nil }
            throw KubernetesError(error, subject: subject)
        } catch is CancellationError {
            return nil
        } catch {
            throw KubernetesError(code: .transport, subject: subject, message: "the connection broke")
        }
    }

    /// Nil for a kind of event that is not known, which a newer server may send.
    private func event(_ line: [UInt8]) throws(KubernetesError) -> WatchEvent? {
        guard let value = try? JSON.parse(line), let type = value["type"]?.string,
            let object = value["object"]?.object
        else { throw .malformed(subject, "an event is no JSON with type and object") }
        switch type {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK":
            let isEnd = object.annotations["k8s.io/initial-events-end"]?.string == "true"
            let version = object.resourceVersion
            return isEnd ? .synced(resourceVersion: version) : .bookmark(resourceVersion: version)
        case "ERROR":
            guard let status = StatusAnswer(.object(object)) else { throw .malformed(subject, "an error is no Status") }
            throw KubernetesError(status, subject: subject)
        default: return nil
        }
    }
}
