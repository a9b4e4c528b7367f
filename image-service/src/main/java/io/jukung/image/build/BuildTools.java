package io.jukung.image.build;

import io.jukung.image.buildcache.BuildCache;
import io.jukung.image.buildcache.ChainImages;
import io.jukung.image.copy.SourceTree;
import io.jukung.image.dockerfile.Dockerfile;
import io.jukung.image.dockerfile.StageGraph;
import io.jukung.image.manifest.Platform;
import io.jukung.image.sharedcache.ImportedSteps;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * What the stages of a build for one platform share. Thread-safe.
 *
 * @param platform what is built for, where FROM does not say otherwise
 * @param given the arguments of the build
 * @param global what FROM sees
 * @param contextDirectory where the files of {@code context} are
 * @param temporary the store's directory for unfinished work
 * @param maxBytes the most that a download, and an archive when it is unpacked, may have
 * @param epoch the time of everything that is made (SOURCE_DATE_EPOCH); empty: the present
 * @param imported steps of other nodes
 * @param used takes the steps that this build has found or made
 * @param room bounds how many steps of this build work at a time
 */
record BuildTools(
    BuildSettings settings,
    Dockerfile file,
    Platform platform,
    StageGraph graph,
    Map<String, String> given,
    Map<String, String> global,
    SourceTree context,
    Path contextDirectory,
    Path temporary,
    long maxBytes,
    Optional<Instant> epoch,
    ChainImages images,
    BaseImages bases,
    BuildCache cache,
    ImportedSteps imported,
    UsedSteps used,
    CommandRunner.Factory runners,
    BuildListener listener,
    Semaphore room) {}
