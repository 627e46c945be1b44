// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Edges from what manifests say they talk to: a Service's name in an environment value, an argument or a ConfigMap's
/// value leads to that Service and to the workload behind it. Secrets are not read.
struct InferredEdges {
    let index: OrderIndex
    private let services: [ServiceName: Int]

    private struct ServiceName: Hashable {
        var namespace: String
        var name: String
    }

    init(index: OrderIndex) {
        self.index = index
        var services: [ServiceName: Int] = [:]
        for (number, node) in index.nodes.enumerated() where node.id.kind == "Service" {
            let name = ServiceName(namespace: node.id.namespace, name: node.id.name)
            // A Knative Service makes a core Service of its name; where both are stated, the core one answers.
            if services[name] == nil || node.id.group.isEmpty { services[name] = number }
        }
        self.services = services
    }

    var proposals: [ProposedEdge] {
        guard !services.isEmpty else { return [] }
        var hostsOfConfigMaps: [Int: [(key: String, hosts: [AddressScanner.Host])]] = [:]
        var found: [ProposedEdge] = []
        for number in index.workloads {
            let node = index.nodes[number]
            guard let template = node.template else { continue }
            var seen: Set<Int> = []
            func add(_ hosts: [AddressScanner.Host], _ place: String) {
                for host in hosts {
                    guard let service = service(host, from: node.id.namespace), seen.insert(service).inserted else {
                        continue
                    }
                    found += edges(from: number, to: service, place: place)
                }
            }
            for container in template.containers {
                let name = container["name"]?.string ?? ""
                for variable in container["env"]?.array ?? [] {
                    guard let key = variable["name"]?.string, let value = variable["value"]?.string else { continue }
                    add(
                        AddressScanner.hosts(in: value, wholeIsHost: Self.mayBeHost(key)),
                        "environment variable \(key)")
                }
                for argument in arguments(of: container) {
                    add(
                        AddressScanner.hosts(in: argument.text, wholeIsHost: argument.isValue), "an argument of \(name)"
                    )
                }
            }
            for reference in template.references where reference.kind == "ConfigMap" {
                guard
                    let map = index.number(
                        kind: "ConfigMap", namespace: node.id.namespace, name: reference.name)
                else { continue }
                let entries = hostsOfConfigMaps[map] ?? hosts(ofConfigMap: map)
                hostsOfConfigMaps[map] = entries
                for entry in entries { add(entry.hosts, "ConfigMap \(reference.name), key \(entry.key),") }
            }
        }
        return found
    }

    private func edges(from number: Int, to service: Int, place: String) -> [ProposedEdge] {
        let backing = workloads(behind: service)
        guard service != number, !backing.contains(number) else { return [] }
        let id = index.nodes[service].id
        let reason = "\(place) leads to Service \(id.namespace)/\(id.name)"
        return ([service] + backing).map { ProposedEdge(from: number, to: $0, kind: .inferred, reason: reason) }
    }

    private func workloads(behind service: Int) -> [Int] {
        let node = index.nodes[service]
        guard let selector = node.object.value(at: "spec", "selector")?.object else { return [] }
        return index.workloads(in: node.id.namespace, matching: selector)
    }

    /// The Service that a host name means, seen from a namespace (Kubernetes' DNS specification):
    /// `service`, `service.namespace`, `service.namespace.svc[.cluster domain]`, and a pod's name before these.
    private func service(_ host: AddressScanner.Host, from namespace: String) -> Int? {
        let labels = host.labels
        func lookUp(_ name: String, _ namespace: String) -> Int? {
            services[ServiceName(namespace: namespace, name: name)]
        }
        switch labels.count {
        case 1: return host.isCertain ? lookUp(labels[0], namespace) : nil
        case 2: return lookUp(labels[0], labels[1])
        default:
            if labels[2] == "svc" { return lookUp(labels[0], labels[1]) }
            return labels.count > 3 && labels[3] == "svc" ? lookUp(labels[1], labels[2]) : nil
        }
    }

    /// Words that are each an argument's whole value, or a text in which addresses may stand.
    private func arguments(of container: Object) -> [(text: String, isValue: Bool)] {
        let words = ((container["command"]?.array ?? []) + (container["args"]?.array ?? [])).compactMap(\.string)
        var previous: String?
        return words.map { word in
            defer { previous = word }
            if word.hasPrefix("-") {
                // --database-host=postgres
                guard let equals = word.firstIndex(of: "=") else { return (word, false) }
                return (String(word[word.index(after: equals)...]), Self.mayBeHost(String(word[..<equals])))
            }
            // --database-host postgres
            let isValue = previous.map { $0.hasPrefix("-") && !$0.contains("=") && Self.mayBeHost($0) } ?? false
            return (word, isValue)
        }
    }

    private func hosts(ofConfigMap number: Int) -> [(key: String, hosts: [AddressScanner.Host])] {
        (index.nodes[number].object["data"]?.object?.pairs ?? []).compactMap { pair in
            guard let text = pair.value.string else { return nil }
            return (pair.key, AddressScanner.hosts(in: text, wholeIsHost: Self.mayBeHost(pair.key)))
        }
    }

    /// Settings whose value is often a Service's name without meaning its address: `POSTGRES_USER=postgres`.
    private static let otherMeanings = [
        "user", "username", "password", "db", "database", "dbname", "name", "schema", "role", "driver", "dialect",
        "engine", "type", "kind", "level", "mode", "env", "environment", "topic", "queue", "bucket", "tag", "version",
        "stream", "group", "prefix", "subject", "namespace", "component", "label",
    ]

    private static func mayBeHost(_ key: String) -> Bool {
        let last = key.split { !$0.isLetter && !$0.isNumber }.last.map { $0.lowercased() } ?? ""
        return !otherMeanings.contains(last)
    }
}
