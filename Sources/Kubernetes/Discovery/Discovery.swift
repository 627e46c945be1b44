// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The cache of what the server serves: filled at the first question, refreshed when something is not found, at most
/// once a second, by one caller while the others wait.
actor Discovery {
    static let minimumInterval = Duration.seconds(1)

    private let clock: any Clock<Duration>
    private var index: DiscoveryIndex?
    private var isOutdated = false
    private var age: @Sendable () -> Duration = { .zero }
    private var refreshing = SharedWork()

    init(clock: any Clock<Duration>) { self.clock = clock }

    var waitingCount: Int { refreshing.waitingCount }

    /// The next question that the cache cannot answer refreshes it at once.
    func invalidate() { isOutdated = true }

    func find<Found: Sendable>(
        group: String, subject: String, refresh: @Sendable () async throws(KubernetesError) -> DiscoveryIndex,
        _ find: @Sendable (DiscoveryIndex) -> Found?
    ) async throws(KubernetesError) -> Found? {
        while true {
            if let index, !isOutdated {
                if let found = find(index) { return found }
                if age() < Self.minimumInterval { return try miss(in: index, group: group, subject: subject) }
            }
            guard refreshing.isRunning else { break }
            if let failure = await withCheckedContinuation({ refreshing.wait($0) }) { throw failure }
        }
        refreshing.begin()
        // Cleared first: what becomes outdated while the documents are read is outdated in them too.
        isOutdated = false
        let fresh: DiscoveryIndex
        do throws(KubernetesError) {
            fresh = try await refresh()
        } catch {
            isOutdated = true
            refreshing.end(error)
            throw error
        }
        index = fresh
        age = stopwatch(on: clock)
        refreshing.end(nil)
        if let found = find(fresh) { return found }
        return try miss(in: fresh, group: group, subject: subject)
    }

    /// Not finding a kind says something only where its group's server answered.
    private func miss<Found>(
        in index: DiscoveryIndex, group: String, subject: String
    ) throws(KubernetesError) -> Found? {
        guard index.unknownGroups.contains(group) else { return nil }
        throw KubernetesError(
            code: .unavailable, subject: subject, message: "the server of the API group \(group) does not answer",
            hint: "check the APIService of that group")
    }
}

extension KubernetesClient {
    /// The kind as this server serves it; nil when it does not.
    package func resource(for kind: GroupVersionKind) async throws(KubernetesError) -> APIResource? {
        try await discovery.find(
            group: kind.group, subject: "discover \(kind)",
            refresh: { () async throws(KubernetesError) in try await self.discover() },
            { $0.resource(for: kind) })
    }

    /// The kind in the version that the server prefers; nil when it does not serve it at all.
    package func preferredResource(for kind: GroupKind) async throws(KubernetesError) -> APIResource? {
        try await discovery.find(
            group: kind.group, subject: "discover \(kind)",
            refresh: { () async throws(KubernetesError) in try await self.discover() },
            { $0.preferredResource(for: kind) })
    }

    /// Everything served, the preferred version of each kind first in its group.
    package func resources() async throws(KubernetesError) -> [APIResource] {
        try await discovery.find(
            group: "", subject: "discover",
            refresh: { () async throws(KubernetesError) in try await self.discover() }, { $0.all }) ?? []
    }

    /// To be called when a CustomResourceDefinition was established or removed.
    package func invalidateDiscovery() async { await discovery.invalidate() }

    /// Like `resource(for:)`, with a kind that is not served as an error.
    func served(_ kind: GroupVersionKind, subject: String) async throws(KubernetesError) -> APIResource {
        if let resource = try await resource(for: kind) { return resource }
        throw KubernetesError(
            code: .kindNotServed, subject: subject, message: "the server does not serve \(kind)",
            hint: "install its CustomResourceDefinition, or correct apiVersion and kind")
    }

    private func discover() async throws(KubernetesError) -> DiscoveryIndex {
        var index = DiscoveryIndex()
        var legacy: [LegacyDiscovery.GroupVersion] = []
        for path in ["/api", "/apis"] {
            let document = try await discoveryDocument(path, accept: AggregatedDiscovery.accept)
            if !AggregatedDiscovery.add(document, to: &index) { legacy += LegacyDiscovery.groupVersions(document) }
        }
        for groupVersion in legacy {
            do throws(KubernetesError) {
                LegacyDiscovery.add(
                    try await discoveryDocument(groupVersion.path, accept: "application/json"), of: groupVersion,
                    to: &index)
            } catch let error where error.code == .unavailable || error.code == .kindNotServed {
                // An aggregated API whose server is down must not take all other kinds with it.
                index.markUnknown(group: groupVersion.group)
            }
        }
        return index
    }

    private func discoveryDocument(_ path: String, accept: String) async throws(KubernetesError) -> Value {
        let subject = "discover \(path)"
        return try document(
            try await perform(
                builder.request("GET", path, accept: accept), subject: subject, retries: .never, kind: .long),
            subject: subject)
    }
}
