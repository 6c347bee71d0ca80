/** What of EC2's client is used: a bundle that imports the client as a whole takes 1.6 MB more. */
export { EC2Client, paginateDescribeSubnets } from '@aws-sdk/client-ec2';
