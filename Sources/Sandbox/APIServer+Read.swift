// SPDX-License-Identifier: Apache-2.0

import Manifests

extension APIServer {
    func get(_ route: Route, at version: String) throws(StatusError) -> Object {
        let asked: UInt64
        do throws(RequestedVersion.Invalid) {
            asked = try RequestedVersion.parse(version)
        } catch {
            throw .plain500(error.message)
        }
        if asked > store.revision { throw .tooLargeVersion(asked, current: store.revision) }
        return try get(route)
    }

    func list(
        _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        let options = try ListOptions(target, route, isWatch: false)
        let (revision, start) = try place(options, route)
        // What is asked for at any revision comes from the cache, which pages nothing.
        let limit =
            options.resourceVersion == "0" ? Int.max : options.limit > 0 ? Int(clamping: options.limit) : Int.max
        let snapshot = store.snapshot(route.type.storage, namespace: route.namespace, at: revision, from: start)
        var objects: [Object] = []
        var last: StoreKey.Key?
        var hasMore = false
        snapshot.forEach { key, object in
            if objects.count == limit {
                hasMore = true
                return false
            }
            if options.filter.matches(object) {
                objects.append(object.served(as: route.type))
                last = key
            }
            return true
        }
        let shown = revision ?? store.revision
        var metadata: Object = ["resourceVersion": .string(String(shown))]
        if hasMore, let last {
            metadata["continue"] = .string(
                ContinueToken(revision: shown, after: last).text(namespace: route.namespace))
            if options.filter.isEmpty {
                metadata["remainingItemCount"] = .integer(Int64(snapshot.count - objects.count))
            }
        }
        return .json(representation.list(objects, type: route.type, metadata: metadata))
    }

    /// The revision that a list shows (nil is now), and the key it begins at.
    private func place(
        _ options: ListOptions, _ route: Route
    ) throws(StatusError) -> (revision: UInt64?, start: StoreKey.Key?) {
        guard options.continueToken.isEmpty else {
            let token = try ContinueToken(
                options.continueToken, namespace: route.namespace, namespaced: route.type.namespaced)
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            guard let revision = token.revision else { return (nil, token.start) }
            if revision > store.revision { throw .tooLargeVersion(revision, current: store.revision) }
            guard revision >= store.history.compactedRevision else {
                var fresh = token
                fresh.revision = nil
                throw .expiredContinue(fresh.text(namespace: route.namespace))
            }
            return (revision, token.start)
        }
        let asked: UInt64
        do throws(RequestedVersion.Invalid) {
            asked = try RequestedVersion.parse(options.resourceVersion)
        } catch {
            throw .badRequest("invalid resource version: \(error.message)")
        }
        if asked > store.revision { throw .tooLargeVersion(asked, current: store.revision) }
        // A limit without a match asks for that very revision, too.
        guard asked > 0, options.match == "Exact" || (options.match.isEmpty && options.limit > 0) else {
            return (nil, nil)
        }
        guard asked >= store.history.compactedRevision else {
            throw .expired("The resourceVersion for the provided list is too old.")
        }
        return (asked, nil)
    }

    mutating func watch(
        _ target: RequestTarget, _ route: Route, _ representation: Representation
    ) throws(StatusError) -> SandboxResponse {
        let options = try ListOptions(target, route, isWatch: true)
        let asked: UInt64
        do throws(RequestedVersion.Invalid) {
            asked = try RequestedVersion.parse(options.resourceVersion)
        } catch {
            throw .plain500(error.message)
        }
        let time = now()
        // Room for what the watch begins with, and then for what it may lag behind.
        let initial = max(store.history.count, store.count(route.type.storage, namespace: route.namespace))
        let (stream, output) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(initial + self.options.watchBuffer))
        var watch = Watch(
            type: route.type, namespace: route.namespace, filter: options.filter, form: representation.form,
            after: asked, deadline: time + timeout(options), output: output)
        if options.allowsBookmarks { watch.planBookmark(now: time, interval: self.options.bookmarkInterval) }
        if start(&watch, options, asked: asked, now: time) { watches.add(watch) }
        return SandboxResponse(
            status: 200, headers: [(name: "content-type", value: "application/json")], body: .stream(stream))
    }

    /// A watch without a timeout ends after 30 to 60 minutes, not all at once (`--min-request-timeout`).
    private func timeout(_ options: ListOptions) -> Duration {
        if let seconds = options.timeoutSeconds, seconds > 0 { return .seconds(seconds) }
        return .seconds(1800 + Int64(store.revision % 1800))
    }

    /// Sends what a watch begins with; false when it already ended.
    private func start(_ watch: inout Watch, _ options: ListOptions, asked: UInt64, now: Timestamp) -> Bool {
        guard options.sendInitialEvents != true else {
            guard asked <= store.revision else {
                return watch.fail(.tooLargeVersion(asked, current: store.revision))
            }
            watch.after = store.revision
            var goesOn = true
            store.snapshot(watch.type.storage, namespace: watch.namespace).forEach { _, object in
                if watch.filter.matches(object) { goesOn = watch.send("ADDED", object, now: now) }
                return goesOn
            }
            guard goesOn, options.allowsBookmarks else { return goesOn }
            return watch.sendBookmark(revision: store.revision, initialEventsEnd: true, now: now)
        }
        guard asked > 0 else {
            watch.after = store.revision
            return true
        }
        let oldest = store.history.compactedRevision
        guard asked >= oldest else {
            return watch.fail(.expired("too old resource version: \(asked) (\(oldest))"))
        }
        for change in store.history.changes(after: asked) {
            guard let (kind, object) = watch.event(for: change) else { continue }
            guard watch.send(kind, object, now: now) else { return false }
        }
        watch.after = max(asked, store.revision)
        return true
    }
}

extension StatusError {
    static func tooLargeVersion(_ asked: UInt64, current: UInt64) -> StatusError {
        StatusError(
            code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(asked), current: \(current)",
            details: StatusError.Details(
                causes: [
                    StatusError.Cause(
                        reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
                ], retryAfterSeconds: 1))
    }

    /// - Parameter token: goes on with what is there now.
    static func expiredContinue(_ token: String) -> StatusError {
        var error = expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
                + "without the continue parameter, or use the continue token in this response to retrieve the "
                + "remainder of the results. Continuing with the provided token results in an inconsistent list - "
                + "objects that were created, modified, or deleted between the time the first chunk was returned and "
                + "now may show up in the list.")
        error.continueToken = token
        return error
    }
}
