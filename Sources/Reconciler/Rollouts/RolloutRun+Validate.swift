// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension RolloutRun {
    /// Why the digest is wrong, found before anything of it is applied; nil where nothing is (`ManifestDoubts`).
    ///
    /// What was healthy once is not looked at again.
    func validate() async throws -> Cause? {
        guard start.trigger != .rollback else { return nil }
        let check = ManifestCheck(manifests: desired.manifests)
        let doubts = ManifestDoubts(cluster: context.cluster, allow: context.settings.allow)
        var confirmed: [ManifestProblem] = []
        for manifest in desired.manifests { confirmed += await doubts.confirmed(manifest, by: check) }
        guard let first = confirmed.first else { return nil }
        return Cause(
            object: first.object, reason: "ManifestInvalid",
            message: "\(confirmed.told(\.description)); nothing was applied")
    }
}
