// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes

/// Where the clusters are, and how they are asked.
extension Daemon {
    static func endpoint(
        _ cluster: Configuration.Cluster, environment: [String: String]
    ) throws(KubernetesError) -> ClusterEndpoint {
        guard let path = cluster.kubeconfig else { return try InCluster.load(environment: environment) }
        let bytes: [UInt8]
        do throws(FileReader.Failure) {
            bytes = try FileReader.disk.read(path, 4 << 20)
        } catch {
            throw KubernetesError(
                code: .configuration, subject: "cluster.kubeconfig", message: error.description,
                hint: "correct the path, or leave cluster out to use the pod's service account")
        }
        return try Kubeconfig.load(
            bytes, file: path, context: cluster.context,
            execRunner: ProcessExecCredentialRunner(environment: environment))
    }

    /// Under two names, one object would be two.
    static func checkServers(
        _ main: ClusterEndpoint, _ further: [(name: String, endpoint: ClusterEndpoint)]
    ) throws(ConfigurationError) {
        var names = [main.server: "cluster"]
        for (name, endpoint) in further {
            if let other = names.updateValue(name, forKey: endpoint.server) {
                throw ConfigurationError(problems: [
                    "clusters: \(name) has the same server as \(other), \(endpoint.server): one cluster has one name"
                ])
            }
        }
    }

    static func endpoint(
        of named: Configuration.NamedCluster, environment: [String: String]
    ) throws(KubernetesError) -> ClusterEndpoint {
        do throws(KubernetesError) {
            return try endpoint(named.cluster, environment: environment)
        } catch var error {
            if error.subject == "cluster.kubeconfig" {
                error.subject = "clusters: \(named.name)"
                error.hint = "correct its kubeconfig"
            }
            throw error
        }
    }
}
