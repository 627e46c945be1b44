// SPDX-License-Identifier: Apache-2.0

import Manifests

/// ResourceQuotas: how much a namespace may hold (plugin ResourceQuota).
///
/// Usage is counted when something is asked for, not taken from a quota's status.
extension APIServer {
    func checkQuotas(_ object: Object, _ request: WriteRequest) throws(StatusError) {
        guard request.type.namespaced, request.type.custom == nil || !request.namespace.isEmpty else { return }
        for quota in objects("", "ResourceQuota", namespace: request.namespace) {
            let hard = (quota.value(at: "spec", "hard")?.object ?? Object()).sortedByKey
            guard QuotaUsage.isInScope(object, QuotaUsage.Kind(request.type), quota) else { continue }
            try check(object, request, quota, hard)
        }
    }

    private func check(_ object: Object, _ request: WriteRequest, _ quota: Object, _ hard: Object) throws(StatusError) {
        let type = request.type
        let kind = QuotaUsage.Kind(type)
        let delta = QuotaUsage.of(object, kind, now: now())
        var exceeded: [(name: String, requested: Quantity, used: Quantity, limit: Quantity)] = []
        for pair in hard.pairs {
            guard let limit = pair.value.quantity, let requested = delta[pair.key]?.quantity, requested > .zero else {
                continue
            }
            let others = store.objects(type.storage, namespace: request.namespace).filter {
                QuotaUsage.isInScope($0, kind, quota)
            }
            let used = others.compactMap { QuotaUsage.of($0, kind, now: now())[pair.key]?.quantity }.reduce(.zero, +)
            if used + requested > limit { exceeded.append((pair.key, requested, used, limit)) }
        }
        if let missing = QuotaUsage.missing(object, kind, hard) {
            throw .forbidden(type, request.name, "failed quota: \(quota.name): must specify \(missing)")
        }
        guard !exceeded.isEmpty else { return }
        func list(_ amount: (Int) -> Quantity) -> String {
            exceeded.indices.map { "\(exceeded[$0].name)=\(amount($0).canonical)" }.joined(separator: ",")
        }
        throw .forbidden(
            type, request.name,
            "exceeded quota: \(quota.name), requested: \(list { exceeded[$0].requested }), used: \(list { exceeded[$0].used }), limited: \(list { exceeded[$0].limit })"
        )
    }
}
