// SPDX-License-Identifier: Apache-2.0

import Planning

/// What another daemon did meanwhile, the ledger does not know: until something of the target is rolled out, which looks
/// at what is there, nothing is brought back to what the ledger says.
extension TargetWorker {
    /// The succession after which nothing of the target was applied.
    func unknownSuccession() async throws -> Succession? {
        guard let namespace = (currentDesired?.environment ?? wish.removal.leaving?.environment)?.namespace else {
            return nil
        }
        return try await context.store.succession(unknownTo: target, in: namespace, of: context.clusterName)
    }

    /// Why nothing is done here, where another daemon does it.
    var lossNow: Cause? {
        (currentDesired?.environment ?? wish.removal.leaving?.environment).flatMap {
            context.tenancy.loss(in: $0.namespace)
        }
    }

    /// What is under way ends, and it is decided anew what to do.
    func heed(_ succession: Succession) {
        guard succession.cluster == context.clusterName,
            (currentDesired?.environment ?? wish.removal.leaving?.environment)?.namespace == succession.namespace
        else { return }
        heed()
    }
}
