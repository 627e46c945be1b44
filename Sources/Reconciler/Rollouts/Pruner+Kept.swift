// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension Pruner {
    /// Looks at what an earlier removal kept, and says whether another would delete, or let go of, any of it. Where not,
    /// what is gone or another's by now is forgotten, and the rest stays ours.
    func lookAtKept(orphans: Bool) async throws -> Result {
        var result = Result()
        let recorded = try await context.store.inventoryWithoutBaselines(of: target)
        if orphans {
            let suspensions = try await context.store.suspensions()
            result.hasWork = recorded.contains { suspensions.first(covering: target, $0.object) == nil }
            return result
        }
        let survey = try await lookAround(allBut: [], &result)
        guard result.hindrance == nil else { return result }
        result.hasWork = survey?.report.candidates.isEmpty == false
        guard !result.hasWork else { return result }
        _ = try await handOver(recorded, allBut: [], &result)
        for entry in survey?.report.entries ?? [] {
            guard let record = survey?.records[entry.id] else { continue }
            switch entry.decision {
            case .gone: try await forget(record)
            case .keep(let reason) where reason.endsOwnership: try await forget(record)
            case .keep, .prune: break
            }
        }
        return result
    }
}
