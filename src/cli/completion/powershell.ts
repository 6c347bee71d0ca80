import type { Candidates, CompletedCommand } from './model.js';

/** A script for PowerShell 5.1 and later: to be run in a profile. */
export function powershellScript(commands: readonly CompletedCommand[]): string {
  const known = commands.map(({ path, options, commands: below, arguments: given }) => ({
    path: path.join(' '),
    commands: below.map(({ name }) => name),
    arguments: given.map(({ candidates, isVariadic }) => ({ ...offer(candidates), variadic: isVariadic })),
    options: options.map(({ flags, value }) => ({ flags, value: value === undefined ? null : offer(value) })),
  }));
  return `# PowerShell completion for idp-fix; written by: idp-fix completion powershell
Register-ArgumentCompleter -Native -CommandName idp-fix -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = @'
${JSON.stringify(known)}
'@ | ConvertFrom-Json

    # The words before the one that is completed, without the program.
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })

    # The command they lead to, how many arguments it has got, and the flag whose value is due.
    $command = $commands | Where-Object { $_.path -eq '' }
    $count = 0
    $due = $null
    foreach ($word in $before) {
        if ($due) { $due = $null; continue }
        if ($word.StartsWith('-')) {
            $option = $command.options | Where-Object { $_.flags -contains $word }
            if ($option -and $option.value) { $due = $option.value }
            continue
        }
        if ($count -eq 0 -and $command.commands -contains $word) {
            $path = "$($command.path) $word".Trim()
            $command = $commands | Where-Object { $_.path -eq $path }
            continue
        }
        $count++
    }

    $typed = "$wordToComplete"
    $prefix = ''
    $words = @()
    $offer = $due
    if (-not $offer -and $typed -match '^(--[a-z-]+)=(.*)$') {
        $option = $command.options | Where-Object { $_.flags -contains $Matches[1] }
        if ($option) { $offer = $option.value }
        $prefix = "$($Matches[1])="
        $typed = $Matches[2]
    }
    elseif (-not $offer -and $typed.StartsWith('-')) {
        $words = @($command.options | ForEach-Object { $_.flags } | Where-Object { $_.StartsWith('--') })
    }
    elseif (-not $offer) {
        if ($count -eq 0) { $words = @($command.commands) }
        $given = @($command.arguments)
        if ($count -lt $given.Count) { $offer = $given[$count] }
        elseif ($given.Count -gt 0 -and $given[-1].variadic) { $offer = $given[-1] }
    }
    if ($offer) {
        $words += @($offer.words)
        # Words parted by commas: what comes before the last comma stays.
        if ($offer.list -and $typed.Contains(',')) {
            $at = $typed.LastIndexOf(',') + 1
            $prefix += $typed.Substring(0, $at)
            $typed = $typed.Substring($at)
        }
        if ($offer.paths -ne 'none') {
            $folder = $typed -replace '[^/\\\\]*$', ''
            $words += @(Get-ChildItem -Path "$typed*" -Directory:($offer.paths -eq 'folders') -ErrorAction Ignore |
                ForEach-Object { "$folder$($_.Name)" })
        }
    }
    $words | Where-Object { $_ -and $_.StartsWith($typed) } | ForEach-Object {
        $text = "$prefix$_"
        if ($text -match "[\\s'\`$;&|()]") { $text = "'" + $text.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, "$_", 'ParameterValue', "$_")
    }
}
`;
}

function offer({ words, paths, isList }: Candidates) {
  return { words, paths, list: isList };
}
