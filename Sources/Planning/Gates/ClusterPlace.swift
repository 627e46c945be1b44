// SPDX-License-Identifier: Apache-2.0

/// Whether an application can be rolled out to the cluster that its environment names. The default one's name is empty.
package enum ClusterPlace: Sendable, Hashable {
    case there
    /// The daemon has no such cluster, but others of these names.
    case unknown(others: [String])
    /// What was deployed before is still in another cluster.
    case elsewhere(String, objects: Int)

    package static func words(_ cluster: String) -> String {
        cluster.isEmpty ? "the default cluster" : "the cluster \(cluster)"
    }

    package func wait(for environment: Environment, _ target: TargetID) -> GateWait? {
        let wanted = Self.words(environment.clusterName)
        switch self {
        case .there: return nil
        case .unknown(let others):
            let has = others.isEmpty ? "it has its default one only" : "it has \(others.joined(separator: ", "))"
            return GateWait(
                .unknownCluster,
                "\(wanted), which is not in the daemon's configuration (\(has)): add it there under `clusters`, or "
                    + "correct `cluster` of the environment \(environment.name)")
        case .elsewhere(let cluster, let count):
            let objects = count == 1 ? "1 object stays" : "\(count) objects stay"
            let arguments = Gate.arguments(target)
            return GateWait(
                .clusterChanged,
                "nothing of it to be left in \(Self.words(cluster)), where \(objects) until a person says otherwise: "
                    + "`mainstay destroy \(arguments)` deletes what is there, and `mainstay resume \(arguments)` then goes "
                    + "on in \(wanted)")
        }
    }
}
