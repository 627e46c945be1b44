// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    func list(
        _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        try checkRevision(target)
        let filter = try ListFilter(target, type: route.type, name: nil)
        var objects = store.objects(route.type.storage, namespace: route.namespace).filter(filter.matches)
        var revision = String(store.revision)
        if let token = target["continue"], !token.isEmpty {
            guard let start = ContinueToken(token) else { throw .badRequest("continue key is not valid") }
            revision = start.revision
            objects = objects.filter { start.precedes($0) }
        }
        var metadata: Object = ["resourceVersion": .string(revision)]
        if let limit = target["limit"].flatMap({ Int($0) }), limit > 0, objects.count > limit {
            metadata["continue"] = .string(ContinueToken(revision: revision, after: objects[limit - 1]).text)
            if target["labelSelector"] == nil, target["fieldSelector"] == nil {
                metadata["remainingItemCount"] = .integer(Int64(objects.count - limit))
            }
            objects = Array(objects[..<limit])
        }
        let served = objects.map { $0.served(as: route.type) }
        return .json(representation.list(served, type: route.type, metadata: metadata))
    }

    private func checkRevision(_ target: RequestTarget) throws(StatusError) {
        guard let asked = target["resourceVersion"].flatMap({ UInt64($0) }), asked > store.revision else { return }
        throw StatusError(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(asked), current: \(store.revision)",
            details: StatusError.Details(
                causes: [
                    StatusError.Cause(
                        reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
                ], retryAfterSeconds: 1))
    }

    mutating func watch(
        _ request: SandboxRequest, _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        let filter = try ListFilter(target, type: route.type, name: route.name)
        let time = now()
        // Room for what the watch begins with, and then for what it may lag behind.
        let initial = max(
            store.history.count, store.objects(route.type.storage, namespace: route.namespace).count)
        let (stream, output) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(initial + options.watchBuffer))
        let asksBookmarks = target.flag("allowWatchBookmarks")
        let watch = Watch(
            type: route.type, namespace: route.namespace, filter: filter, representation: representation,
            deadline: target["timeoutSeconds"].flatMap { Int64($0) }.map { time + .seconds($0) },
            nextBookmark: asksBookmarks ? time + options.bookmarkInterval : nil,
            bookmarkInterval: options.bookmarkInterval,
            output: WatchOutput(
                output, limit: options.watchBuffer, request: faultRequest(request, readsObject: false)))
        for fault in watchFaults { watch.output.lay(fault) }
        if try start(watch, target) { watches.add(watch) }
        return SandboxResponse(
            status: 200, headers: [(name: "content-type", value: "application/json")], body: .stream(stream))
    }

    /// Sends what a watch begins with; false when it already ended.
    private func start(_ watch: Watch, _ target: RequestTarget) throws(StatusError) -> Bool {
        let from = target["resourceVersion"] ?? ""
        let wantsInitialEvents = target.flag("sendInitialEvents")
        if wantsInitialEvents || from.isEmpty || from == "0" {
            for object in store.objects(watch.type.storage, namespace: watch.namespace)
            where watch.filter.matches(object) {
                guard let event = watch.event("ADDED", object), watch.send(event, now: now()) else { return false }
            }
            if wantsInitialEvents, watch.nextBookmark != nil {
                return watch.send(watch.bookmark(revision: store.revision, initialEventsEnd: true), now: now())
            }
            return !watch.output.isEnded
        }
        guard let revision = UInt64(from) else {
            throw .badRequest("Invalid value: \"\(from)\": strconv.ParseUint: parsing \"\(from)\": invalid syntax")
        }
        if revision < store.history.compactedRevision {
            let gone = StatusError.expired(
                "too old resource version: \(from) (\(store.history.compactedRevision))")
            _ = watch.send(["type": "ERROR", "object": gone.value], now: now())
            watch.output.finish()
            return false
        }
        for change in store.history.changes(after: revision) {
            guard let event = watch.event(for: change) else { continue }
            guard watch.send(event, now: now()) else { return false }
        }
        return !watch.output.isEnded
    }
}

/// Where a paged list goes on: after an object, in the order of namespace and name.
struct ContinueToken {
    var revision: String
    private var namespace: String
    private var name: String

    init(revision: String, after object: Object) {
        self.revision = revision
        namespace = object.namespace
        name = object.name
    }

    /// Opaque to clients: hexadecimal, so that it needs no escaping in a query.
    init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        revision = String(parts[0])
        namespace = String(parts[1])
        name = String(parts[2])
    }

    var text: String {
        "\(revision)/\(namespace)/\(name)".utf8.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    func precedes(_ object: Object) -> Bool { (namespace, name) < (object.namespace, object.name) }
}
