// SPDX-License-Identifier: Apache-2.0

import Planning

/// What another daemon did meanwhile, the ledger does not know: until something of the target is rolled out, which looks
/// at what is there, nothing is brought back to what the ledger says.
extension TargetWorker {
    /// Of the environment, as the pipeline has it, or had it when the application left.
    private var tenancyNamespace: String? {
        (currentDesired?.environment ?? wish.removal.leaving?.environment)?.namespace
    }

    /// The succession after which nothing of the target was applied.
    func unknownSuccession() async throws -> Succession? {
        guard let namespace = tenancyNamespace else { return nil }
        return try await context.store.succession(unknownTo: target, in: namespace, of: context.clusterName)
    }

    /// Why nothing is done here, where another daemon does it.
    var lossNow: Cause? { tenancyNamespace.flatMap { context.tenancy.loss(in: $0) } }

    /// What is under way ends, and it is decided anew what to do.
    func heed(_ succession: Succession) {
        guard succession.cluster == context.clusterName, tenancyNamespace == succession.namespace else { return }
        heed()
    }
}
