package io.jukung.runtime.service;

import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxResponse;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.handler.Handlers;
import io.jukung.runtime.pod.PodUsers;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxRequest;
import io.jukung.runtime.spec.LabelRules;
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.store.Creation;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RunPodSandbox: makes a pod's sandbox. A request that is repeated while the first one is under
 * way, as kubelet does after a deadline, waits for the first one and gets its result.
 */
public final class RunPodSandbox {
  private static final Logger LOG = LoggerFactory.getLogger(RunPodSandbox.class);

  private final SandboxStore sandboxes;
  private final StateFiles files;
  private final SandboxLifecycle lifecycle;
  private final PodCgroups cgroups;
  private final SpecBuilder specs;
  private final PathWork pathWork;
  private final LifecyclePlugins plugins;
  private final Handlers handlers;
  private final PodUsers users;
  private final Selinux selinux = new Selinux(Path.of("/"));
  private final SingleFlight<SandboxName, RunPodSandboxRequest, String> flights;

  public RunPodSandbox(
      SandboxStore sandboxes,
      StateFiles files,
      SandboxLifecycle lifecycle,
      PodCgroups cgroups,
      SpecBuilder specs,
      PathWork pathWork,
      LifecyclePlugins plugins,
      Handlers handlers,
      PodUsers users) {
    this.sandboxes = sandboxes;
    this.files = files;
    this.lifecycle = lifecycle;
    this.cgroups = cgroups;
    this.specs = specs;
    this.pathWork = pathWork;
    this.plugins = plugins;
    this.handlers = handlers;
    this.users = users;
    this.flights = SingleFlight.withProgress("RunPodSandbox", sandboxes.names()::creation);
  }

  public RunPodSandboxResponse call(RunPodSandboxRequest request)
      throws IOException, InterruptedException {
    handlers.check(request.getRuntimeHandler());
    SandboxRecord intent = SandboxRequest.record(newId(), Clock.now(), request, cgroups::parent);
    SandboxName name = intent.name();
    checkSecurity(intent.id(), request.getConfig().getLinux().getSecurityContext());
    boolean choose = PodUsers.areToBeChosen(request.getConfig());
    if (choose || intent.config().user() != null) {
      handlers.checkUserNamespaces(intent.runtimeHandler());
    }
    Callable<String> work = () -> choose ? runWithUsers(intent) : run(intent);
    String id = flights.join(name, request, work);
    if (sandboxes.find(id).isEmpty()) {
      // The result of an earlier call, whose pod is removed already.
      flights.forget(name);
      id = flights.join(name, request, work);
    }
    return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
  }

  @SuppressWarnings("deprecation") // old clients set the deprecated field
  private void checkSecurity(String id, LinuxSandboxSecurityContext security) throws IOException {
    if (security.getSeccomp().getProfileType() != ProfileType.Localhost
        && security.getSeccompProfilePath().isEmpty()) {
      specs.check(security, id);
      return;
    }
    pathWork.call(
        id,
        "the seccomp profile of sandbox " + id,
        () -> {
          specs.check(security, id);
          return id;
        });
  }

  private String newId() {
    return selinux.missing().isPresent()
        ? ObjectId.random()
        : LabelRules.newSandboxId(sandboxes.all().stream().map(Sandbox::id), ObjectId::random);
  }

  private String runWithUsers(SandboxRecord intent) throws IOException, InterruptedException {
    try {
      return run(users.reserve(intent));
    } finally {
      users.release(intent.id());
    }
  }

  private String run(SandboxRecord intent) throws IOException, InterruptedException {
    String id = intent.id();
    try (Rollback rollback = Rollback.named("RunPodSandbox", id)) {
      Creation creation = reserve(intent);
      rollback.follow(creation::at);
      rollback.undo("forget", () -> forget(intent, rollback));
      creation.at("record");
      files.createSandbox(intent);
      SandboxRecord ready = lifecycle.setUp(intent, rollback, creation::at);
      creation.at("plugins");
      publish(ready, rollback);
      // The shim may have died before the sandbox was in the store, and nobody has acted on that.
      lifecycle.requireShim(id);
      rollback.commit();
      sandboxes.names().created(intent.name(), id);
    }
    LOG.info("pod {} runs", LogNames.pod(intent));
    return id;
  }

  private void publish(SandboxRecord ready, Rollback rollback) {
    Sandbox sandbox = new Sandbox(ready);
    try (LifecyclePlugins.Step _ = plugins.begin(ready.id())) {
      rollback.undo("tell the plugins", () -> plugins.undoRunPodSandbox(ready));
      plugins.runPodSandbox(ready);
      rollback.undo("withdraw sandbox", () -> sandboxes.withdraw(sandbox));
      sandboxes.addCreated(sandbox);
    }
  }

  /**
   * Reserves the name. A sandbox of that name which an earlier daemon has not finished is being
   * undone since the start of this one, and then frees the name.
   */
  private Creation reserve(SandboxRecord intent) throws InterruptedException {
    Optional<String> owner = sandboxes.names().owner(intent.name());
    if (owner.isPresent()) {
      lifecycle.awaitTakeUp(owner.get());
    }
    return sandboxes.names().reserve(intent.name(), intent.id(), "RunPodSandbox");
  }

  /**
   * The last undo. If others failed, the sandbox stays, NOT_READY: kubelet stops and removes it,
   * which tries them again.
   */
  private void forget(SandboxRecord intent, Rollback rollback) throws IOException {
    if (rollback.isClean()) {
      files.deleteSandbox(intent.id());
      sandboxes.names().release(intent.name(), intent.id());
      return;
    }
    LOG.warn("sandbox {} could not be undone, and is kept to be stopped again", intent.id());
    SandboxRecord kept = latest(intent).notReady();
    sandboxes.addCreated(
        new Sandbox(kept)); // first: a sandbox that is in no list cannot be stopped
    sandboxes.names().created(intent.name(), intent.id());
    files.writeSandbox(kept);
  }

  private SandboxRecord latest(SandboxRecord intent) {
    try {
      return files.readSandbox(intent.id());
    } catch (IOException e) {
      LOG.warn("sandbox {}: {}", intent.id(), e.getMessage());
      return intent;
    }
  }
}
