package io.jukung.e2e.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jukung.e2e.node.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A cluster of Kubernetes whose nodes run jukung. Objects of a test live in a namespace of their
 * own, which is deleted after the test; no container must then run on any node.
 */
final class Cluster implements AutoCloseable {
  /** Everything takes long on a busy machine, and in the test node with its one processor. */
  static final Duration PATIENCE = Duration.ofMinutes(4);

  /** The busybox image of each node's registry. */
  static final String BUSYBOX = "127.0.0.1:5000/busybox:1";

  private final ControlPlane controlPlane;
  private final List<KubernetesNode> nodes;
  private String namespace = "default";

  private Cluster(ControlPlane controlPlane, List<KubernetesNode> nodes) {
    this.controlPlane = controlPlane;
    this.nodes = nodes;
  }

  /** Starts a control plane and this number of nodes, and waits until they are ready. */
  static Cluster start(int size) throws Exception {
    ControlPlane controlPlane = ControlPlane.start();
    Cluster cluster = new Cluster(controlPlane, new ArrayList<>());
    try {
      for (int number = 1; number <= size; number++) {
        KubernetesNode node = KubernetesNode.start(controlPlane, number);
        cluster.nodes.add(node);
        node.registry().push("busybox:1");
      }
      for (KubernetesNode node : cluster.nodes) {
        cluster.awaitNode(node, true);
      }
      return cluster;
    } catch (Exception | Error e) {
      System.err.println(cluster.logs());
      cluster.close();
      throw e;
    }
  }

  KubernetesClient client() {
    return controlPlane.client();
  }

  List<KubernetesNode> nodes() {
    return nodes;
  }

  /** The only node. */
  KubernetesNode node() {
    return nodes.getFirst();
  }

  String namespace() {
    return namespace;
  }

  /** Begins a test: makes its namespace. */
  void begin(String name) throws Exception {
    namespace = name;
    client()
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    var account = client().serviceAccounts().inNamespace(name).withName("default");
    Await.until("the namespace has its service account", PATIENCE, () -> account.get() != null);
    // The programs of the tests do not call the API server.
    account.edit(
        each -> {
          each.setAutomountServiceAccountToken(false);
          return each;
        });
  }

  /** Ends a test: deletes its namespace with all that is in it. */
  void end() throws Exception {
    client().pods().inNamespace(namespace).withGracePeriod(1).delete();
    client().namespaces().withName(namespace).delete();
    Await.until(
        "namespace " + namespace + " is deleted",
        PATIENCE,
        () -> client().namespaces().withName(namespace).get() == null);
    for (KubernetesNode node : nodes) {
      node.awaitQuiet();
    }
  }

  /** Creates the objects of a YAML text in the namespace of the test. */
  void apply(String yaml) {
    for (String document : yaml.split("(?m)^---$", -1)) {
      HasMetadata object = client().getKubernetesSerialization().unmarshal(document);
      client().resource(object).inNamespace(namespace).create();
    }
  }

  /** Creates a pod from the YAML of its specification. */
  Pod run(String name, String spec) {
    apply(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n%s"
            .formatted(name, spec.indent(2)));
    return pod(name);
  }

  PodResource resource(String name) {
    return client().pods().inNamespace(namespace).withName(name);
  }

  Pod pod(String name) {
    return resource(name).require();
  }

  /** Waits until the pod is as the condition says, and returns it. */
  Pod await(String name, String what, Predicate<Pod> condition) throws Exception {
    try {
      Await.until(
          "pod " + name + " " + what,
          PATIENCE,
          () -> {
            Pod pod = resource(name).get();
            return pod != null && condition.test(pod);
          });
    } catch (AssertionError e) {
      throw new AssertionError(
          e.getMessage() + "\n" + Serialization.asYaml(resource(name).get()) + events() + logs(),
          e);
    }
    return pod(name);
  }

  Pod awaitReady(String name) throws Exception {
    return await(name, "is ready", Cluster::isReady);
  }

  Pod awaitPhase(String name, String phase) throws Exception {
    return await(name, "is " + phase, pod -> phase.equals(pod.getStatus().getPhase()));
  }

  static boolean isReady(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
  }

  /** The pods of the test's namespace with this label {@code app}. */
  List<Pod> pods(String app) {
    return client().pods().inNamespace(namespace).withLabel("app", app).list().getItems();
  }

  /** Waits until exactly this number of pods with the label exists, all ready. */
  List<Pod> awaitReadyPods(String app, int number) throws Exception {
    return awaitPods(app, number + " are ready", pods -> pods.size() == number);
  }

  /** Waits until all pods with the label are ready, and the condition holds for them. */
  List<Pod> awaitPods(String app, String what, Predicate<List<Pod>> condition) throws Exception {
    try {
      Await.until(
          "of the pods " + app + " " + what,
          PATIENCE,
          () -> pods(app).stream().allMatch(Cluster::isReady) && condition.test(pods(app)));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + events() + logs(), e);
    }
    return pods(app);
  }

  /** Runs a command in the first container of a pod and returns its output. */
  String exec(String pod, String... command) throws Exception {
    return Streams.exec(resource(pod), null, command);
  }

  void awaitNode(KubernetesNode node, boolean ready) throws Exception {
    Await.until(
        node.name() + (ready ? " is ready" : " is not ready"),
        PATIENCE,
        () -> {
          Node known = client().nodes().withName(node.name()).get();
          return known != null
              && known.getStatus().getConditions().stream()
                  .filter(each -> each.getType().equals("Ready"))
                  .anyMatch(each -> each.getStatus().equals("True") == ready);
        });
  }

  /** Deletes a lost node, as an administrator does: the pods that were on it are gone then. */
  void forget(KubernetesNode node) {
    client().nodes().withName(node.name()).delete();
    nodes.remove(node);
  }

  private String events() {
    StringBuilder text = new StringBuilder("events:\n");
    client()
        .v1()
        .events()
        .inNamespace(namespace)
        .list()
        .getItems()
        .forEach(
            each ->
                text.append(each.getInvolvedObject().getName())
                    .append(' ')
                    .append(each.getReason())
                    .append(": ")
                    .append(each.getMessage())
                    .append('\n'));
    return text.toString();
  }

  private String logs() throws IOException {
    StringBuilder logs = new StringBuilder(controlPlane.logs());
    for (KubernetesNode node : nodes) {
      logs.append(node.logs());
    }
    return logs.toString();
  }

  @Override
  public void close() throws IOException {
    for (KubernetesNode node : nodes) {
      node.close();
    }
    controlPlane.close();
  }

  /** Passes a cluster of one node to tests, which all classes share. */
  static final class Extension implements ParameterResolver, BeforeEachCallback, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(Cluster.class);

    /** The result of the only attempt to start the shared cluster. */
    private record Attempt(@Nullable Cluster cluster, @Nullable Throwable failure)
        implements AutoCloseable {
      static Attempt make() {
        try {
          return new Attempt(Cluster.start(1), null);
        } catch (Exception | AssertionError e) {
          return new Attempt(null, e);
        }
      }

      @Override
      public void close() throws Exception {
        if (cluster != null) {
          cluster.close();
        }
      }
    }

    private static Cluster cluster(ExtensionContext context) {
      Attempt attempt =
          context
              .getRoot()
              .getStore(NAMESPACE)
              .getOrComputeIfAbsent(Attempt.class, key -> Attempt.make(), Attempt.class);
      if (attempt.cluster() == null) {
        throw new IllegalStateException("the cluster did not start", attempt.failure());
      }
      return attempt.cluster();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Cluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return cluster(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
      String name = "test-" + Long.toString(System.nanoTime(), Character.MAX_RADIX);
      cluster(context).begin(name);
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
      cluster(context).end();
    }
  }
}
