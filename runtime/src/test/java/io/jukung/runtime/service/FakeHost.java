package io.jukung.runtime.service;

import io.jukung.runtime.network.Readiness;
import io.jukung.runtime.pod.PodHost;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A host that only notes which pods have namespaces and networks. */
public final class FakeHost implements PodHost {
  public final Set<String> namespaces = ConcurrentHashMap.newKeySet();
  public final Set<String> networks = ConcurrentHashMap.newKeySet();

  /** How often namespaces were removed, also those that were not there. */
  final AtomicInteger namespaceRemovals = new AtomicInteger();

  /** Whether networks cannot be taken down. */
  boolean refusesTearDown;

  /** Runs while the namespaces of a sandbox are made. */
  public Consumer<String> whileNamespacesAreMade = _ -> {};

  /** Networks are not taken down before this is done. */
  public CompletableFuture<Void> tearDown = CompletableFuture.completedFuture(null);

  private final Faults faults;
  private final StatePaths paths;

  FakeHost(Faults faults, StatePaths paths) {
    this.faults = faults;
    this.paths = paths;
  }

  @Override
  public void createNamespaces(SandboxRecord sandbox) throws IOException {
    faults.at("createNamespaces");
    namespaces.add(sandbox.id());
    whileNamespacesAreMade.accept(sandbox.id());
    faults.at("createNamespaces, half done");
  }

  @Override
  public void removeNamespaces(String sandboxId) {
    namespaceRemovals.incrementAndGet();
    namespaces.remove(sandboxId);
  }

  @Override
  public SandboxRecord setUpNetwork(SandboxRecord sandbox) throws IOException {
    faults.at("setUpNetwork");
    networks.add(sandbox.id());
    faults.at("setUpNetwork, half done");
    return sandbox.withNetwork(true, List.of("10.0.0.1", "fd00::1"));
  }

  @Override
  public void tearDownNetwork(SandboxRecord sandbox) throws IOException {
    if (refusesTearDown) {
      throw new IOException("the network plugin fails");
    }
    tearDown.join();
    networks.remove(sandbox.id());
  }

  @Override
  public void writeFiles(SandboxRecord sandbox) throws IOException {
    faults.at("writeFiles");
    Files.createFile(paths.hosts(sandbox.id()));
    Files.createFile(paths.hostname(sandbox.id()));
    Files.createFile(paths.resolvConf(sandbox.id()));
    Files.createDirectory(paths.shm(sandbox.id()));
  }

  @Override
  public Readiness networkReadiness() {
    return new Readiness(false, "NetworkPluginNotReady", "no network here");
  }

  @Override
  public void updatePodCidrs(String cidrs) {
    throw new UnsupportedOperationException("not asked for in these tests");
  }

  @Override
  public Optional<String> missingForUserNamespaces() {
    return Optional.empty();
  }
}
