package io.jukung.cri.client;

import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How jukung's own clients mark the containers that they make, each in a pod of its own, and what
 * they tell the daemon in annotations because the CRI has no fields for it.
 */
public final class OwnContainers {
  /**
   * The label of a container and of its pod, by which clients and daemon know both as jukung's own.
   * The value is the container's name.
   */
  public static final String LABEL = "io.jukung.run";

  /** How the annotations begin by which clients tell the daemon something. */
  public static final String ANNOTATIONS = "io.jukung.";

  /** The annotation with the options that CRI has no fields for, as JSON. */
  public static final String OPTIONS = "io.jukung.options";

  /** The annotation of a pod that asks for a hardware address in the network of all pods. */
  public static final String MAC = "io.jukung.mac";

  /** The annotation with the restart policy. */
  public static final String RESTART = "io.jukung.restart";

  /** The annotations with the limits of a container's log. */
  public static final String LOG_MAX_SIZE = "io.jukung.log-max-size";

  public static final String LOG_MAX_FILE = "io.jukung.log-max-file";

  /** Kubelet's labels of containers, by which crictl shows a container's pod. */
  public static final String POD_NAME = "io.kubernetes.pod.name";

  public static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";

  /** The namespace of their pods. */
  public static final String NAMESPACE = "default";

  /** Where the directories of their logs are, if nobody says otherwise. */
  public static final String LOG_DIRECTORY = "/var/log/jukung";

  /** What a container has to end after its stop signal, in seconds, if it does not say. */
  public static final long STOP_SECONDS = 10;

  /** The period of the processor limits that clients set. */
  public static final long CPU_PERIOD_MICROSECONDS = 100_000;

  private static final int MAX_HOSTNAME = 63;

  /** How much of an image's name a generated name has. */
  private static final int MAX_IMAGE_IN_NAME = 40;

  private OwnContainers() {}

  /** Returns the host name of a container's pod if nobody names another. */
  public static String hostname(String containerName) {
    String hostname = containerName.replace('_', '-').replace('.', '-').toLowerCase(Locale.ROOT);
    return hostname.substring(0, Math.min(MAX_HOSTNAME, hostname.length()));
  }

  /**
   * Returns a name for a container that gets none, for example {@code busybox-3f9a} of {@code
   * registry:5000/library/busybox:1.36@sha256:…}.
   */
  public static String generatedName(String image) {
    String last = image.substring(image.lastIndexOf('/') + 1);
    String base = last.split("[:@]", 2)[0].replaceAll("[^a-zA-Z0-9-]", "-");
    String start = base.matches("[a-zA-Z0-9].*") ? base : "container";
    int number = ThreadLocalRandom.current().nextInt(1 << 16);
    return start.substring(0, Math.min(MAX_IMAGE_IN_NAME, start.length()))
        + "-"
        + HexFormat.of().toHexDigits((short) number);
  }
}
