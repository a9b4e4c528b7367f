package io.jukung.runtime.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Every path of the daemon's state. {@code root} survives reboots, {@code state} does not.
 *
 * <pre>
 * root/sandboxes/ID/{sandbox.json,status.json}
 * root/containers/ID/{container.json,config.json,status.json,exit.json,upper,work}
 * root/images/…
 * root/volumes/ID/{volume.json,data}
 * root/networks/ID/network.json      a network that a user has made
 * root/builds/…                      what builds keep, and their work
 * root/checkpoints/ID/…              a checkpoint that is being made
 * root/pod-cidrs.json
 * root/trash/…                       what is being deleted
 * root/damaged/…                     copies of damaged records
 * state/sandboxes/ID/{shim.sock,ns/…,shm,hostname,hosts,resolv.conf}
 * state/networks/ID/…                the addresses that a user network has given out
 * state/spares/N.sock
 * state/builds/…                     secrets of builds while a command needs them
 * state/bundles/ID                   a container that a runtime of the OCI runs
 * state/standing/ID                  a container that stands still while its files are read
 * </pre>
 *
 * Directories are for root only (0700).
 */
public record StatePaths(Path root, Path state) {
  /** The file in {@code root} and in {@code state} that the daemon keeps locked. */
  public static final String LOCK = "lock";

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** Where every launch mounts, in a mount namespace of its own. */
  public Path mounts() {
    return state.resolve("mounts");
  }

  /** The root of a container in its launch's mount namespace, before it becomes the root. */
  public Path rootMountPoint() {
    return mounts().resolve("rootfs");
  }

  public Path sandboxes() {
    return root.resolve("sandboxes");
  }

  public Path containers() {
    return root.resolve("containers");
  }

  public Path images() {
    return root.resolve("images");
  }

  /** The named volumes, a directory for each. */
  public Path volumes() {
    return root.resolve("volumes");
  }

  /** The networks that users have made, a directory for each. */
  public Path networks() {
    return root.resolve("networks");
  }

  /** What user networks keep until the node is started again, a directory for each. */
  public Path networkStates() {
    return state.resolve("networks");
  }

  /** The address ranges of the node's pods. */
  public Path podCidrs() {
    return root.resolve("pod-cidrs.json");
  }

  /** What builds keep for later ones, and files of those that are under way. */
  public Path builds() {
    return root.resolve("builds");
  }

  /** Secrets of builds. */
  public Path buildSecrets() {
    return state.resolve("builds");
  }

  /** A directory for each checkpoint that is being made. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  public Path trash() {
    return root.resolve("trash");
  }

  /** Copies of damaged records, for a person to look at. */
  public Path damaged() {
    return root.resolve("damaged");
  }

  public Path sandbox(String id) {
    return sandboxes().resolve(id);
  }

  /** The first record of the sandbox, written before anything is made for it. */
  public Path sandboxRecord(String id) {
    return sandbox(id).resolve("sandbox.json");
  }

  /** The latest record of the sandbox; absent until the first change. */
  public Path sandboxStatus(String id) {
    return sandbox(id).resolve("status.json");
  }

  public Path container(String id) {
    return containers().resolve(id);
  }

  public Path containerRecord(String id) {
    return container(id).resolve("container.json");
  }

  /** The OCI specification. */
  public Path containerSpec(String id) {
    return container(id).resolve("config.json");
  }

  public Path containerStatus(String id) {
    return container(id).resolve("status.json");
  }

  /** How the container ended. The shim writes this file. */
  public Path containerExit(String id) {
    return container(id).resolve("exit.json");
  }

  /** What the restarts of a container of jukung's own depend on. */
  public Path containerRestarts(String id) {
    return container(id).resolve("restart.json");
  }

  /** The overlay's writable layer. */
  public Path containerUpper(String id) {
    return container(id).resolve("upper");
  }

  /** The overlay's work directory. */
  public Path containerWork(String id) {
    return container(id).resolve("work");
  }

  /** What the container is restored from, until it has started. */
  public Path containerCheckpoint(String id) {
    return container(id).resolve("checkpoint");
  }

  /** How many bytes the container may write into its root file system, if that is limited. */
  public Path containerWriteLimit(String id) {
    return container(id).resolve("write-limit.json");
  }

  /** One directory for each volume that the image declares, named by number. */
  public Path containerVolumes(String id) {
    return container(id).resolve("volumes");
  }

  /** A directory that stays empty: the second layer that overlayfs needs below a single one. */
  public Path emptyDirectory() {
    return root.resolve("empty");
  }

  public Path sandboxStates() {
    return state.resolve("sandboxes");
  }

  /** The directory of the sandbox's files that do not survive a reboot. */
  public Path sandboxState(String id) {
    return sandboxStates().resolve(id);
  }

  public Path shimSocket(String id) {
    return sandboxState(id).resolve("shim.sock");
  }

  /** The directory in which the sandbox's namespaces are pinned. */
  public Path namespaces(String id) {
    return sandboxState(id).resolve("ns");
  }

  /**
   * The file on which one namespace is pinned.
   *
   * @param type {@code net}, {@code ipc}, {@code uts} or {@code pid}
   */
  public Path namespace(String id, String type) {
    return namespaces(id).resolve(type);
  }

  /** The pod's /dev/shm. */
  public Path shm(String id) {
    return sandboxState(id).resolve("shm");
  }

  public Path hostname(String id) {
    return sandboxState(id).resolve("hostname");
  }

  public Path hosts(String id) {
    return sandboxState(id).resolve("hosts");
  }

  public Path resolvConf(String id) {
    return sandboxState(id).resolve("resolv.conf");
  }

  /** A mark for each container that stands still while its files are read. */
  public Path standing() {
    return state.resolve("standing");
  }

  /** The bundles of containers that a runtime of the OCI runs, a directory for each. */
  public Path bundles() {
    return state.resolve("bundles");
  }

  public Path spares() {
    return state.resolve("spares");
  }

  public Path spareSocket(long number) {
    return spares().resolve(number + ".sock");
  }

  /** Makes the directories that hold the objects. */
  public void createDirectories() throws IOException {
    for (Path directory :
        new Path[] {
          root,
          sandboxes(),
          containers(),
          images(),
          volumes(),
          networks(),
          builds(),
          buildSecrets(),
          emptyDirectory(),
          checkpoints(),
          trash(),
          damaged(),
          state,
          sandboxStates(),
          networkStates(),
          bundles(),
          spares(),
          standing()
        }) {
      createPrivate(directory);
    }
  }

  /** Makes a directory and the missing ones above it, accessible to root only. */
  public static void createPrivate(Path directory) throws IOException {
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
  }
}
