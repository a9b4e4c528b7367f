package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code container.json}: what a container is. Only the limits, the name and single annotations
 * change after its creation.
 *
 * @param version {@link #VERSION}
 * @param createdAt nanoseconds since the epoch
 * @param cgroup the path of its cgroup in the cgroup v2 hierarchy
 * @param logPath the absolute path of its log; empty: its output is discarded
 * @param requestedStopSignal the stop signal that the request names; null: the image decides
 * @param pidTarget the container whose pid namespace is shared, if pidMode is TARGET
 * @param stopSignal the signal that a stop sends: the request's, else the image's, else SIGTERM
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

  /** A record of the same container with another name. */
  public ContainerRecord renamed(ContainerName newName, Map<String, String> newLabels) {
    return with(newName, newLabels, annotations, resources);
  }

  /** Returns the record with an annotation in place of the one with its name. */
  public ContainerRecord annotated(String key, String value) {
    Map<String, String> newAnnotations = new TreeMap<>(annotations);
    newAnnotations.put(key, value);
    return with(name, labels, newAnnotations, resources);
  }

  public ContainerRecord withResources(Resources newResources) {
    return with(name, labels, annotations, newResources);
  }

  /** The record with what can change after the creation. */
  private ContainerRecord with(
      ContainerName newName,
      Map<String, String> newLabels,
      Map<String, String> newAnnotations,
      @Nullable Resources newResources) {
    return new ContainerRecord(
        version,
        id,
        newName,
        createdAt,
        image,
        imageId,
        newLabels,
        newAnnotations,
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

  /** The image as the request names it, verbatim. */
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

  /** The user and groups of the first process. */
  @JsonInclude(Include.NON_EMPTY)
  public record User(long uid, long gid, List<Long> supplementalGroups) {
    public User {
      supplementalGroups = Json.orEmpty(supplementalGroups);
    }
  }

  /**
   * A mount as the request asks for it. The status of the container shows it.
   *
   * @param image the image that is mounted; null if the mount is of another kind
   * @param imageId the ID that the name of the image has led to; empty without an image
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

  /** How mounts propagate between the host and the container: mount_namespaces(7). */
  public enum Propagation {
    PRIVATE,
    HOST_TO_CONTAINER,
    BIDIRECTIONAL
  }

  /** The limits in force, in the units of CRI; 0 or empty for a limit that is not set. */
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
