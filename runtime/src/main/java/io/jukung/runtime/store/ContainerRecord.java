package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code container.json}: what a container is, fixed when it is created but for its limits.
 *
 * @param version {@link #VERSION}
 * @param createdAt nanoseconds since the epoch
 * @param cgroup its path in the cgroup v2 hierarchy
 * @param logPath absolute; empty: its output is discarded
 * @param requestedStopSignal the request's; null: the image decides
 * @param pidTarget whose pid namespace, with TARGET
 * @param stopSignal what ends it by request: that, or the image's, or SIGTERM
 */
@JsonInclude(Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ContainerRecord(
    int version,
    String id,
    ContainerName name,
    long createdAt,
    ImageReference image,
    String imageId,
    Map<String, String> labels,
    Map<String, String> annotations,
    String logPath,
    boolean tty,
    boolean stdin,
    boolean stdinOnce,
    @Nullable String requestedStopSignal,
    int stopSignal,
    NamespaceOwner pidMode,
    @Nullable String pidTarget,
    User user,
    List<Mount> mounts,
    @Nullable Resources resources,
    String cgroup,
    List<String> lowerDirectories) {

  public static final int VERSION = 1;

  public ContainerRecord {
    labels = Json.orEmpty(labels);
    annotations = Json.orEmpty(annotations);
    logPath = Json.orEmpty(logPath);
    mounts = Json.orEmpty(mounts);
    lowerDirectories = Json.orEmpty(lowerDirectories);
  }

  public String sandboxId() {
    return name.sandboxId();
  }

  public ContainerRecord withLowerDirectories(List<String> directories) {
    return new ContainerRecord(
        version,
        id,
        name,
        createdAt,
        image,
        imageId,
        labels,
        annotations,
        logPath,
        tty,
        stdin,
        stdinOnce,
        requestedStopSignal,
        stopSignal,
        pidMode,
        pidTarget,
        user,
        mounts,
        resources,
        cgroup,
        directories);
  }

  public ContainerRecord withResources(Resources newResources) {
    return new ContainerRecord(
        version,
        id,
        name,
        createdAt,
        image,
        imageId,
        labels,
        annotations,
        logPath,
        tty,
        stdin,
        stdinOnce,
        requestedStopSignal,
        stopSignal,
        pidMode,
        pidTarget,
        user,
        mounts,
        newResources,
        cgroup,
        lowerDirectories);
  }

  /** The request's image, verbatim. */
  @JsonInclude(Include.NON_EMPTY)
  public record ImageReference(
      String image,
      String userSpecifiedImage,
      String runtimeHandler,
      Map<String, String> annotations) {
    public ImageReference {
      image = Json.orEmpty(image);
      userSpecifiedImage = Json.orEmpty(userSpecifiedImage);
      runtimeHandler = Json.orEmpty(runtimeHandler);
      annotations = Json.orEmpty(annotations);
    }
  }

  /** Who its first process is. */
  @JsonInclude(Include.NON_EMPTY)
  public record User(long uid, long gid, List<Long> supplementalGroups) {
    public User {
      supplementalGroups = Json.orEmpty(supplementalGroups);
    }
  }

  /**
   * A mount as it was asked for, for its status.
   *
   * @param image what is mounted, where it is an image; null otherwise
   * @param imageId what its name has led to
   */
  @JsonInclude(Include.NON_EMPTY)
  public record Mount(
      String containerPath,
      String hostPath,
      boolean readonly,
      boolean recursiveReadOnly,
      boolean selinuxRelabel,
      Propagation propagation,
      @Nullable ImageReference image,
      String imageId,
      String imageSubPath) {
    public Mount {
      containerPath = Json.orEmpty(containerPath);
      hostPath = Json.orEmpty(hostPath);
      imageId = Json.orEmpty(imageId);
      imageSubPath = Json.orEmpty(imageSubPath);
    }
  }

  /** mount_namespaces(7). */
  public enum Propagation {
    PRIVATE,
    HOST_TO_CONTAINER,
    BIDIRECTIONAL
  }

  /** Limits in CRI's units, as they are in force; 0 or empty where not set. */
  @JsonInclude(Include.NON_DEFAULT)
  public record Resources(
      long cpuPeriod,
      long cpuQuota,
      long cpuShares,
      long memoryLimitBytes,
      long memorySwapLimitBytes,
      long oomScoreAdj,
      String cpusetCpus,
      String cpusetMems,
      Map<String, Long> hugepageLimits,
      Map<String, String> unified) {
    public Resources {
      cpusetCpus = Json.orEmpty(cpusetCpus);
      cpusetMems = Json.orEmpty(cpusetMems);
      hugepageLimits = Json.orEmpty(hugepageLimits);
      unified = Json.orEmpty(unified);
    }
  }
}
