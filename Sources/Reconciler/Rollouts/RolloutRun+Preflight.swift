// SPDX-License-Identifier: Apache-2.0

import Logging
import Manifests
import Planning

/// What the cluster knows beforehand is asked once a rollout, in few requests: may we, and is there room? Where it cannot be
/// asked, applying tells.
extension RolloutRun {
    /// Between two looks at what keeps a rollout waiting.
    private static var preflightPause: Duration { .seconds(10) }

    /// What is taken back comes back whatever is estimated here.
    func preflightHindrance() async throws -> Cause? {
        guard start.trigger != .rollback, !preflight.hasPassed else { return nil }
        if let waiting = preflight.waiting, time.now - waiting.since < Self.preflightPause { return waiting.cause }
        var cause = await unservedKind()
        if cause == nil { cause = try await missingRight() }
        if cause == nil { cause = await shortage() }
        preflight.waiting = cause.map { ($0, time.now) }
        preflight.hasPassed = cause == nil
        return cause
    }

    // MARK: Kinds

    /// A kind that the cluster does not serve, and that nothing in this rollout can bring: a definition would, and so may
    /// an operator among the pods, but for the kinds that Kubernetes itself has.
    private func unservedKind() async -> Cause? {
        let defined = Set(
            desired.manifests.filter { $0.id.kind == "CustomResourceDefinition" }.map {
                GroupKind(
                    group: $0.object.value(at: "spec", "group")?.string ?? "",
                    kind: $0.object.value(at: "spec", "names", "kind")?.string ?? "")
            })
        let makesPods = desired.manifests.contains { $0.object.podSpecification != nil }
        for manifest in firstOfEachKind() where !defined.contains(manifest.id.groupKind) {
            guard !makesPods || Self.builtInGroups.contains(manifest.id.group) else { continue }
            do throws(ClusterFailure) {
                guard try await context.cluster.kind(manifest.groupVersionKind) == nil else { continue }
            } catch {
                logger.debug("cannot ask for kinds", metadata: ["error": "\(error)"])
                return nil
            }
            return Cause(
                object: manifest.id, reason: ClusterFailure.Code.kindNotServed.rawValue,
                message: "the cluster does not serve \(manifest.id.kind) of \(manifest.object.apiVersion) "
                    + "(\(manifest.origin)): correct apiVersion, or install what defines it; nothing was applied, and the "
                    + "rollout goes on by itself")
        }
        return nil
    }

    /// No pod brings a version of these.
    private static var builtInGroups: Set<String> {
        ["", "apps", "batch", "policy", "autoscaling", "extensions", "networking.k8s.io", "rbac.authorization.k8s.io"]
    }

    // MARK: Rights

    private func missingRight() async throws -> Cause? {
        let wanted = try await wantedRights()
        for namespace in Set(wanted.map(\.namespace)).sorted() {
            let rights = wanted.filter { $0.namespace == namespace }
            do throws(ClusterFailure) {
                let missing = try await missing(among: rights, in: namespace)
                guard let first = missing.first else { continue }
                // The first of them, so that what is shown can be read.
                let object = desired.manifests.first { $0.id.namespace == first.namespace }?.id
                return Cause(object: object, reason: ClusterFailure.Code.forbidden.rawValue, message: missing.refusal)
            } catch {
                logger.debug("cannot ask for rights", metadata: ["namespace": "\(namespace)", "error": "\(error)"])
            }
        }
        return nil
    }

    /// A namespace's rules come in one request; what they do not show is asked by itself.
    private func missing(
        among rights: [AccessRight], in namespace: String
    ) async throws(ClusterFailure) -> [AccessRight] {
        var unknown = rights
        if !namespace.isEmpty {
            let known = context.preflight.rules(in: namespace, now: context.surroundings.elapsed())
            unknown.removeAll { known?.allow($0) ?? false }
            guard !unknown.isEmpty else { return [] }
            let rules = try await context.cluster.accessRules(in: namespace)
            context.preflight.set(rules, in: namespace, at: context.surroundings.elapsed())
            unknown.removeAll(where: rules.allow)
        }
        var missing: [AccessRight] = []
        for right in unknown.prefix(Self.mostRights) where try await !context.cluster.isAllowed(right) {
            missing.append(right)
        }
        return missing
    }

    private static var mostRights: Int { 40 }

    private func wantedRights() async throws -> [AccessRight] {
        var wanted: [AccessRight] = []
        func add(_ verb: String, _ group: String, _ resource: String, _ namespace: String) {
            let right = AccessRight(verb: verb, group: group, resource: resource, namespace: namespace)
            if !wanted.contains(right) { wanted.append(right) }
        }
        for manifest in firstOfEachKind() {
            guard let served = try? await context.cluster.kind(manifest.groupVersionKind), !served.plural.isEmpty else {
                continue
            }
            for verb in ["create", "patch"] {
                add(verb, manifest.id.group, served.plural, served.isNamespaced ? manifest.id.namespace : "")
            }
        }
        for check in desired.application.verify {
            guard let service = service(of: check) else { continue }
            if case .tcp = check.question {
                add("get", "", "services", service.namespace)
            } else if case .knative = check.address {
                add("get", service.group, "services", service.namespace)
            } else {
                add("get", "", "services/proxy", service.namespace)
            }
        }
        return wanted
    }

    // MARK: Quotas

    private func shortage() async -> Cause? {
        for namespace in Set(desired.manifests.map(\.id.namespace)).sorted() where !namespace.isEmpty {
            // What was found before this application brought its own says nothing of it.
            let bringsQuota = desired.manifests.contains {
                $0.id.kind == "ResourceQuota" && $0.id.namespace == namespace
            }
            guard bringsQuota || !context.preflight.hasNoQuota(namespace, now: context.surroundings.elapsed()) else {
                continue
            }
            do throws(ClusterFailure) {
                let quotas = try await context.cluster.objects(
                    of: Self.quotas, namespace: namespace, isOwned: false)
                context.preflight.noteQuotas(
                    in: namespace, areThere: !quotas.isEmpty, at: context.surroundings.elapsed())
                guard !quotas.isEmpty else { continue }
                let coming = quotas.compactMap { asItWillBe($0) }
                let changes = try await quotaChanges(in: namespace, readsWorkloads: QuotaCheck.limitPods(coming))
                if let shortage = QuotaCheck(changes).shortage(in: coming) {
                    return Cause(
                        object: ObjectID(
                            group: "", kind: "ResourceQuota", namespace: namespace,
                            name: shortage.quota.split(separator: "/").last.map(String.init) ?? ""),
                        reason: ClusterFailure.Code.quotaExceeded.rawValue, message: shortage.text)
                }
            } catch {
                logger.debug("cannot read quotas", metadata: ["namespace": "\(namespace)", "error": "\(error)"])
            }
        }
        return nil
    }

    /// A quota comes before the pods that it limits, so that what counts is what it will be. What another application is
    /// about to change is left to the server; nil then.
    private func asItWillBe(_ quota: Object) -> Object? {
        let id = quota.objectID
        guard let manifest = manifests[id] else { return context.board.isSettled(id) ? quota : nil }
        guard let hard = manifest.object.value(at: "spec", "hard") else { return quota }
        var coming = quota
        coming.set(hard, at: "status", "hard")
        return coming
    }

    private static var quotas: ServedKind {
        ServedKind(
            kind: GroupVersionKind(group: "", version: "v1", kind: "ResourceQuota"), isNamespaced: true,
            plural: "resourcequotas")
    }

    /// What is watched is trimmed: templates and replicas are read.
    private func quotaChanges(
        in namespace: String, readsWorkloads: Bool
    ) async throws(ClusterFailure) -> [QuotaCheck.Change] {
        let scaled = Set(
            desired.manifests.filter { $0.id.kind == "HorizontalPodAutoscaler" }.compactMap {
                $0.object.value(at: "spec", "scaleTargetRef", "name")?.string
            })
        var changes: [QuotaCheck.Change] = []
        for manifest in desired.manifests where manifest.id.namespace == namespace {
            // What is there, and makes no pods, takes what it took.
            let makesPods = manifest.object.podSpecification != nil
            let isWatched = await context.view.object(manifest.id) != nil
            guard !isWatched || makesPods && readsWorkloads else { continue }
            let served = try await context.cluster.kind(manifest.groupVersionKind)
            let live =
                isWatched
                ? try await context.cluster.get(manifest.id, version: manifest.groupVersionKind.version) : nil
            changes.append(
                QuotaCheck.Change(
                    id: manifest.id, plural: served?.plural ?? "", manifest: manifest.object, live: live,
                    isScaled: scaled.contains(manifest.id.name)))
        }
        return changes
    }

    // MARK: Checks

    /// What a check asks must be there, and be allowed, before anything is applied.
    func checkHindrance() async -> Cause? {
        guard start.trigger != .rollback else { return nil }
        for check in desired.application.verify {
            guard let problem = await problem(of: check) else { continue }
            return Cause(
                object: service(of: check), reason: problem.reason,
                message: "\(problem.message) (\(check.place)); nothing was applied, and the rollout goes on by itself")
        }
        return nil
    }

    /// What is taken back may be of a time before the check: it is judged without it.
    func whyLeftOut(_ check: Application.Check) async -> String? {
        guard start.trigger == .rollback else { return nil }
        return await problem(of: check)?.message
    }

    private func problem(of check: Application.Check) async -> (reason: String, message: String)? {
        switch check.address {
        case .direct(let text):
            return (CheckHost(url: text) ?? CheckHost(address: text))
                .flatMap { refusal(of: $0, sending: check.sent) }
        case .service(let name, _): return await absence(of: serviceID(name))
        case .knative(let name):
            if let absence = await absence(of: knativeID(name)) { return absence }
            // A first rollout's has no URL before it is applied.
            return (try? await knativeAddress(of: name, in: namespace))
                .flatMap { refusal(of: $0.host, sending: check.sent) }
        case nil:
            guard let job = check.job, !desired.manifests.contains(where: { $0.isRun(ofCheck: job) }) else {
                return nil
            }
            return (
                "CheckJobMissing",
                "the check is the Job \(job), which is not among the application's manifests: add it, or correct the check"
            )
        }
    }

    private func refusal(
        of place: CheckHost, sending headers: [Application.SentHeader]
    ) -> (reason: String, message: String)? {
        context.settings.allow.refused(place, sending: headers).map { host in
            (
                "CheckNotAllowed",
                "the check asks \(host.host), which is not among allow.checks of this daemon's configuration"
            )
        }
    }

    private func absence(of id: ObjectID) async -> (reason: String, message: String)? {
        guard manifests[id] == nil, context.board.claimant(of: id) == nil else { return nil }
        // Where it cannot be told, asking it will.
        guard (try? await isThere(id)) == false else { return nil }
        return (
            "CheckServiceMissing",
            "the check asks the \(id), which is in no manifest and not in the cluster: correct the check, or create it"
        )
    }
}
