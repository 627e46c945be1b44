// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Builder {
    /// What a folder's kustomization gives where it need not be built: this render has done so, or an earlier one, and
    /// nothing that it read has changed.
    mutating func remembered(_ folder: String, for kustomization: Kustomization) -> ResourceAccumulator? {
        guard let known = known(folder) else { return nil }
        built[folder] = known
        reader.repeatReads(known.reads)
        warn(known.warnings)
        return charge(known.cost, from: kustomization.file) ? known.resources : .init()
    }

    /// Builds a folder's kustomization, and remembers it.
    mutating func accumulated(
        folder: String, namedBy reference: Located<String>, of kustomization: Kustomization
    ) throws(RenderError) -> ResourceAccumulator {
        let (problemsBefore, warningsBefore, usedSchema) = (problems.count, warnings, hasChosenSchema)
        let costBefore = cost
        cost.depth = open.count
        warnings = []
        reader.beginTrace()
        let result = Result { () throws(RenderError) in
            try build(folder: folder, namedBy: reference, of: kustomization)
        }
        let (reads, ownWarnings) = (reader.endTrace(), warnings)
        warnings = warningsBefore
        warn(ownWarnings)
        let ownCost = cost.since(costBefore, depth: open.count)
        cost.depth = max(cost.depth, costBefore.depth)
        let resources = try result.get()
        let now = BuiltFolder(
            resources: resources, reads: reads, cover: reader.cover(of: reads), warnings: ownWarnings, cost: ownCost,
            usesSchema: usedSchema)
        built[folder] = now
        if dependsOnReadsAlone, problems.count == problemsBefore, !isExhausted { cache.remember(now, of: folder) }
        return resources
    }

    /// What outer kustomizations say of all below them is in no folder's reads.
    private var dependsOnReadsAlone: Bool { !hasChosenSchema && metadata == BuildMetadata() }

    private func known(_ folder: String) -> BuiltFolder? {
        if let known = built[folder] {
            return known.usesSchema == hasChosenSchema && mayStandHere(known) ? known : nil
        }
        guard dependsOnReadsAlone else { return nil }
        return cache.folder(folder) { mayStandHere($0) && reader.areUnchanged($0.reads, cover: $0.cover) }
    }

    /// Whether building the folder here would meet none of the kustomizations that are open, nor a folder above one, nor
    /// the limit on depth. Where it would, it is built, and says so.
    private func mayStandHere(_ known: BuiltFolder) -> Bool {
        guard open.count + known.cost.depth < limits.depth else { return false }
        return !known.kustomizations.contains { folder in
            open.contains { $0 == folder || folder.isEmpty || $0.hasPrefix("\(folder)/") }
        }
    }
}
