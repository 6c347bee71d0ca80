/**
 * Regions whose CloudFormation has no budgets or no anomaly detection, though both watch the bill of all Regions.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-resource-specification.html (schemas by Region, October 2026)
 */
const withoutAnomalies = [
  ...['ap-east-2', 'ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7', 'mx-central-1'],
  ...['us-gov-east-1', 'us-gov-west-1'],
];
const withoutBudgets = [
  ...withoutAnomalies,
  ...[
    'af-south-1',
    'ap-east-1',
    'ap-northeast-3',
    'ap-south-2',
    'ap-southeast-3',
    'ap-southeast-4',
    'ca-west-1',
  ],
  ...['eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'il-central-1', 'me-central-1'],
];

export function hasBudgets(region: string | undefined): boolean {
  return region === undefined || !(withoutBudgets.includes(region) || isApart(region));
}

export function hasAnomalies(region: string | undefined): boolean {
  return region === undefined || !(withoutAnomalies.includes(region) || isApart(region));
}

/** Partitions with bills of their own. */
function isApart(region: string): boolean {
  return /^(?:cn|us-iso|eu-isoe|us-isob)/.test(region);
}
